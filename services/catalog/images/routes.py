"""`/images`. The order of the routes matters: a digest holds a `:`, which a tag's path ends with, too."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response, status

from libs.common.db.engine import Engine, Tx
from libs.common.web.errors import Invalid, NotFound, Unauthenticated
from libs.common.web.fields import Search
from libs.common.web.pagination import PageOut, Paging, page_of
from libs.common.web.problems import responses
from services.catalog.deletion.dependencies import AtRegistry, RegistryAway
from services.catalog.deletion.images import usecases as deleting
from services.catalog.deletion.tags.domain import CatalogBehind, WritesPaused
from services.catalog.images import usecases
from services.catalog.images.domain import Image, NeededByIndex, Order, pull_commands
from services.catalog.images.schemas import DeletionPreviewOut, ImageOut, TagOut
from services.catalog.repositories.dependencies import (
    ReadableRepository,
    RepositoryToDeleteFrom,
)
from services.catalog.repositories.domain import RepositoryDeleting, RepositoryReader, as_owner

router = APIRouter(prefix="/images", tags=["images"])


Preview = Annotated[
    Literal["delete"] | None,
    Query(description="`delete`: what deleting it would mean, for the owner of the repository"),
]


@router.get(
    "/{namespace}/{repository:path}@{digest}",
    responses=responses(Unauthenticated, NotFound, Invalid),
)
async def get_image_by_digest(
    tx: Tx, actor: ReadableRepository, digest: str, request: Request, preview: Preview = None
) -> ImageOut | DeletionPreviewOut:
    """One image by its digest, whether a tag names it or not."""
    image = await usecases.get_image_by_digest(tx=tx, actor=actor, digest=digest)
    return await _answer(tx, actor, image, request, preview)


@router.get(
    "/{namespace}/{repository:path}:{tag}", responses=responses(Unauthenticated, NotFound, Invalid)
)
async def get_image_by_tag(
    tx: Tx, actor: ReadableRepository, tag: str, request: Request, preview: Preview = None
) -> ImageOut | DeletionPreviewOut:
    """One image by a tag, with its platforms, layers, labels and the commands that pull it from the address of this request."""
    image = await usecases.get_image_by_tag(tx=tx, actor=actor, tag=tag)
    return await _answer(tx, actor, image, request, preview)


@router.delete(
    "/{namespace}/{repository:path}@{digest}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(
        Unauthenticated, NotFound, NeededByIndex, RepositoryDeleting, CatalogBehind, RegistryAway
    ),
)
async def delete_image_by_digest(
    engine: Engine, registry: AtRegistry, actor: RepositoryToDeleteFrom, digest: str
) -> None:
    """Delete an image with all tags on it, unless a multi-platform image needs it."""
    await deleting.delete_manifest(engine=engine, registry=registry, actor=actor, digest=digest)


@router.delete(
    "/{namespace}/{repository:path}:{tag}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(
        Unauthenticated, NotFound, RepositoryDeleting, CatalogBehind, WritesPaused, RegistryAway
    ),
)
async def delete_image_by_tag(
    engine: Engine, registry: AtRegistry, actor: RepositoryToDeleteFrom, tag: str
) -> None:
    """Delete a tag alone: other tags on the same image stay, and a push of this tag that comes in between does, too."""
    await deleting.delete_tag(engine=engine, registry=registry, actor=actor, tag=tag)


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
) -> PageOut[TagOut]:
    """The repository's tags with the images that they name."""
    found = await usecases.list_tags(tx=tx, actor=actor, q=q, order=sort, page=page)
    return page_of(found, TagOut.of, request, response)


async def _answer(
    tx: Tx,
    actor: RepositoryReader,
    image: Image,
    request: Request,
    preview: Literal["delete"] | None,
) -> ImageOut | DeletionPreviewOut:
    if preview is None:
        return _image_out(image, actor.repository.path, request)
    return DeletionPreviewOut.of(await deleting.preview(tx=tx, actor=as_owner(actor), image=image))


def _image_out(image: Image, repository: str, request: Request) -> ImageOut:
    address, is_https = request.headers.get("Host", ""), request.url.scheme == "https"
    return ImageOut.of(
        image, pull_commands(image, address=address, is_https=is_https, repository=repository)
    )
