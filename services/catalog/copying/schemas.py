"""The request of ``/images/…/copy``."""

from typing import Annotated

from pydantic import AfterValidator, Field

from libs.common.web.fields import Body
from services.catalog.copying.domain import parse_source
from services.catalog.images.schemas import TagName

_MAX_SOURCE = 512


def _source(value: str) -> str:
    if parse_source(value) is None:
        raise ValueError(
            "must name an image: `namespace/repository:tag` or `namespace/repository@sha256:…`"
        )
    return value


class CopyIn(Body):
    """The image to copy, and the tag to set."""

    source: Annotated[str, AfterValidator(_source)] = Field(
        max_length=_MAX_SOURCE,
        description="an image that the account can read: `namespace/repository:tag` or "
        "`namespace/repository@sha256:…`",
        examples=["team/app:v1"],
    )
    tag: TagName = Field(
        description="the tag to set; if it exists, it is replaced as by a push",
        examples=["production"],
    )
