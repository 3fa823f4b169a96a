"""``GET /images``.

A path with a digest also matches the pattern of a tag, because a digest contains a colon. So the
route of digests is declared first.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from libs.common.db.engine import Tx
from libs.common.web.errors import Invalid, NotFound, Unauthenticated
from libs.common.web.fields import Search
from libs.common.web.pagination import PageOut, Paging, page_of
from libs.common.web.problems import responses
from services.catalog.images import usecases
from services.catalog.images.domain import Image, Order, pull_commands
from services.catalog.images.schemas import DeletionPreviewOut, ImageOut, TagOut
from services.catalog.referrers.dependencies import ReferrersRead
from services.catalog.repositories.dependencies import ReadableRepository
from services.catalog.repositories.domain import RepositoryReader, as_owner

router = APIRouter(prefix="/images", tags=["images"])


Artifacts = Annotated[
    bool,
    Query(description="also list the tags that belong to other images, such as `sha256-….sig`"),
]
Preview = Annotated[
    Literal["delete"] | None,
    Query(
        description="`delete`: return the consequences of deleting the image instead; "
        "for the owner of the repository"
    ),
]


@router.get(
    "/{namespace}/{repository:path}@{digest}",
    responses=responses(Unauthenticated, NotFound, Invalid),
)
async def get_image_by_digest(
    _: ReferrersRead,
    tx: Tx,
    actor: ReadableRepository,
    digest: str,
    request: Request,
    preview: Preview = None,
) -> ImageOut | DeletionPreviewOut:
    """Return one image by its digest, tagged or not."""
    image = await usecases.get_image_by_digest(tx=tx, actor=actor, digest=digest)
    return await _image_or_preview(tx, actor, image, request, preview)


@router.get(
    "/{namespace}/{repository:path}:{tag}", responses=responses(Unauthenticated, NotFound, Invalid)
)
async def get_image_by_tag(
    _: ReferrersRead,
    tx: Tx,
    actor: ReadableRepository,
    tag: str,
    request: Request,
    preview: Preview = None,
) -> ImageOut | DeletionPreviewOut:
    """Return one image by a tag.

    Its pull commands use the address of this request.
    """
    image = await usecases.get_image_by_tag(tx=tx, actor=actor, tag=tag)
    return await _image_or_preview(tx, actor, image, request, preview)


@router.get(
    "/{namespace}/{repository:path}", responses=responses(Unauthenticated, NotFound, Invalid)
)
async def list_tags(
    tx: Tx,
    actor: ReadableRepository,
    page: Paging,
    request: Request,
    response: Response,
    q: Search = None,
    sort: Order = "name",
    artifacts: Artifacts = False,
) -> PageOut[TagOut]:
    """List the repository's tags with the images that they name.

    Tags of signatures and of lists of referrers belong to other images, which show them as
    `referrers`. They are left out.
    """
    found = await usecases.list_tags(
        tx=tx, actor=actor, q=q, with_artifacts=artifacts, order=sort, page=page
    )
    return page_of(found, TagOut.model_validate, request, response)


async def _image_or_preview(
    tx: Tx,
    actor: RepositoryReader,
    image: Image,
    request: Request,
    preview: Literal["delete"] | None,
) -> ImageOut | DeletionPreviewOut:
    if preview is not None:
        owner = as_owner(actor)
        return DeletionPreviewOut.model_validate(
            await usecases.preview_deletion(tx=tx, actor=owner, image=image)
        )
    commands = pull_commands(
        image,
        address=request.headers.get("Host", ""),
        is_https=request.url.scheme == "https",
        repository=actor.repository.path,
    )
    referrers = await usecases.list_referrers(tx=tx, actor=actor, image=image)
    return ImageOut.of(image, commands, referrers)
