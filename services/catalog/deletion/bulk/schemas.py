"""Requests and responses of ``/images/…/delete``."""

from collections import Counter
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, StrictBool

from libs.common.web.fields import Body, Output
from services.catalog.deletion.bulk.domain import MAX_TAGS
from services.catalog.images.schemas import IndexOut, ReferrerOut, TagName

_DIGEST = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_SHOWN_TAGS = 20


def _unique(tags: list[str]) -> list[str]:
    repeated = [tag for tag, count in Counter(tags).items() if count > 1]
    if repeated:
        named = ", ".join(repeated[:_SHOWN_TAGS])
        raise ValueError(f"must name each tag once, but repeats {named}")
    return tags


class TagsToDelete(Body):
    """The tags to delete."""

    tags: Annotated[list[TagName], AfterValidator(_unique)] = Field(
        min_length=1, max_length=MAX_TAGS, examples=[["v1", "v2"]]
    )
    preview: StrictBool = Field(
        default=False, description="delete nothing; return the consequences of the deletion"
    )


class NamedTagOut(Output):
    """A tag, and the image that it names."""

    tag: str = Field(examples=["v1"])
    digest: str = Field(examples=[_DIGEST])


class FailureOut(Output):
    """A tag that was not deleted, or cannot be."""

    tag: str = Field(examples=["v3"])
    code: str = Field(
        description="as in an error of the API: `not_found`; `tag_immutable`; "
        "`change_in_progress`: a push or deletion of the tag is not finished, or the registry has "
        "not confirmed this deletion yet; `registry_unavailable`: the registry does not respond",
        examples=["not_found"],
    )
    detail: str = Field(examples=["There is no image 'team/app:v3'."])


class BulkDeletionOut(Output):
    """What was deleted, in the order of the request."""

    deleted: list[NamedTagOut]
    failed: list[FailureOut]


class BulkPreviewOut(Output):
    """The consequences of deleting the tags together."""

    tags: list[NamedTagOut] = Field(description="the tags that would be deleted")
    failed: list[FailureOut] = Field(description="the tags that cannot be deleted")
    sibling_tags: list[str] = Field(
        description="other tags on the same images, which remain", examples=[["latest"]]
    )
    indexes: list[IndexOut] = Field(
        description="tagged multi-platform images that remain and contain one of the images"
    )
    referrers: list[ReferrerOut] = Field(
        description="signatures and other artifacts of the images that nothing else needs, at most "
        "200, the newest first. Garbage collection deletes them with the images."
    )
    exclusive_bytes: int = Field(
        description="size of the blobs that only the images without another tag or index "
        "reference, each once, over all tags and repositories of the account",
        examples=[3401613],
    )
    last_pulled_at: datetime | None = Field(
        description="last pull of any of the tags, UTC; null: never"
    )
