"""`/images`. The order of the routes matters: a digest holds a `:`, which a tag's path ends with, too."""

from fastapi import APIRouter, Request, Response

from libs.common.db import Tx
from libs.common.errors import Invalid, NotFound, Unauthenticated
from libs.common.fields import Search
from libs.common.pages import Page, Paging
from libs.common.problems import responses
from libs.common.sorting import page_of
from services.catalog.actors import ReadableRepository
from services.catalog.images import usecases
from services.catalog.images.domain import Image, Order, pull_commands
from services.catalog.images.schemas import ImageOut, TagOut

router = APIRouter(prefix="/images", tags=["images"])


@router.get("/{namespace}/{repository:path}@{digest}", responses=responses(Unauthenticated, NotFound))
async def get_image_by_digest(tx: Tx, actor: ReadableRepository, digest: str, request: Request) -> ImageOut:
    """One image by its digest, whether a tag names it or not."""
    image = await usecases.get_image_by_digest(tx=tx, actor=actor, digest=digest)
    return _image_out(image, actor.repository.path, request)


@router.get("/{namespace}/{repository:path}:{tag}", responses=responses(Unauthenticated, NotFound))
async def get_image_by_tag(tx: Tx, actor: ReadableRepository, tag: str, request: Request) -> ImageOut:
    """One image by a tag, with its platforms, layers, labels and the commands that pull it from the address of this request."""
    image = await usecases.get_image_by_tag(tx=tx, actor=actor, tag=tag)
    return _image_out(image, actor.repository.path, request)


@router.get("/{namespace}/{repository:path}", responses=responses(Unauthenticated, NotFound, Invalid))
async def list_tags(
    tx: Tx,
    actor: ReadableRepository,
    page: Paging,
    request: Request,
    response: Response,
    q: Search = None,
    sort: Order = "name",
) -> Page[TagOut]:
    """The repository's tags with the images that they name."""
    found = await usecases.list_tags(tx=tx, actor=actor, q=q, order=sort, page=page)
    return page_of(found, TagOut.of, request, response)


def _image_out(image: Image, repository: str, request: Request) -> ImageOut:
    address, is_https = request.headers.get("Host", ""), request.url.scheme == "https"
    return ImageOut.of(image, pull_commands(image, address=address, is_https=is_https, repository=repository))
