"""What is done with images."""

import re

from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest
from libs.common.registry.manifests import is_digest
from libs.common.web.errors import NotFound
from services.catalog.images import queries
from services.catalog.images.domain import Image, Order, TaggedImage
from services.catalog.repositories.domain import RepositoryReader

_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


def is_tag(text: str) -> bool:
    """Whether ``text`` can be a tag (OCI distribution spec, "Pull")."""
    return _TAG.fullmatch(text) is not None


async def list_tags(
    *, tx: Tx, actor: RepositoryReader, q: str | None, order: Order, page: PageRequest
) -> Page[TaggedImage]:
    """The repository's tags."""
    return await queries.list_tags(
        tx, repository_id=actor.repository.id, q=q, order=order, page=page
    )


async def get_image_by_tag(*, tx: Tx, actor: RepositoryReader, tag: str) -> Image:
    """The image that the tag names. Raises NotFound."""
    found = (
        await queries.find_by_tag(tx, repository_id=actor.repository.id, tag=tag)
        if is_tag(tag)
        else None
    )
    if found is None:
        raise NotFound(f"There is no image '{actor.repository.path}:{tag}'.")
    return found


async def get_image_by_digest(*, tx: Tx, actor: RepositoryReader, digest: str) -> Image:
    """The image with that digest. Raises NotFound."""
    found = (
        await queries.find_by_digest(tx, repository_id=actor.repository.id, digest=digest)
        if is_digest(digest)
        else None
    )
    if found is None:
        raise NotFound(f"There is no image '{actor.repository.path}@{digest}'.")
    return found
