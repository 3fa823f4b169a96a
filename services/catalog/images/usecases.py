"""List and show images, and preview their deletion."""

from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest
from libs.common.registry.manifests import is_digest
from services.catalog.images import queries
from services.catalog.images.domain import (
    DeletionPreview,
    Image,
    ImageNotFound,
    Order,
    TaggedImage,
    find_exclusive,
    is_tag,
)
from services.catalog.referrers.domain import Referrer
from services.catalog.referrers.queries import list_referrers as referrers_of
from services.catalog.repositories.domain import Repository, RepositoryOwner, RepositoryReader


async def list_tags(
    *,
    tx: Tx,
    actor: RepositoryReader,
    q: str | None,
    with_artifacts: bool,
    order: Order,
    page: PageRequest,
) -> Page[TaggedImage]:
    """Return a page of the repository's tags; ``q`` is a part of the tag.

    Without ``with_artifacts``, tags that belong to other images are left out.
    """
    return await queries.list_tags(
        tx,
        repository_id=actor.repository.id,
        q=q,
        with_artifacts=with_artifacts,
        order=order,
        page=page,
    )


async def get_image_by_tag(*, tx: Tx, actor: RepositoryReader, tag: str) -> Image:
    """Return the image that the tag names. Raises ImageNotFound."""
    repository = actor.repository
    image = None
    if is_tag(tag):
        image = await queries.find_image_by_tag(tx, repository_id=repository.id, tag=tag)
    if image is None:
        raise ImageNotFound(f"{repository.path}:{tag}")
    return image


async def get_image_by_digest(*, tx: Tx, actor: RepositoryReader, digest: str) -> Image:
    """Return the image with this digest, tagged or not. Raises ImageNotFound."""
    repository = actor.repository
    image = None
    if is_digest(digest):
        image = await queries.find_image_by_digest(tx, repository_id=repository.id, digest=digest)
    if image is None:
        raise ImageNotFound(f"{repository.path}@{digest}")
    return image


async def list_referrers(*, tx: Tx, actor: RepositoryReader, image: Image) -> list[Referrer]:
    """Return the newest referrers of the image, such as its signatures."""
    return await referrers_of(tx, repository_id=actor.repository.id, digests=[image.digest])


async def preview_deletion(*, tx: Tx, actor: RepositoryOwner, image: Image) -> DeletionPreview:
    """Return the consequences of deleting ``image``.

    If the image was requested by tag, only the tag would be deleted; otherwise the manifest with
    all its tags.
    """
    repository_id, digest = actor.repository.id, image.digest
    indexes = await queries.list_tagged_indexes(tx, repository_id=repository_id, digest=digest)
    siblings = tuple(tag for tag in image.tags if tag != image.tag)
    if image.tag is None:
        manifest_remains = bool(indexes)
        last_pulled_at = await queries.find_last_pull(
            tx, repository_id=repository_id, digest=digest
        )
    else:
        manifest_remains = bool(indexes or siblings)
        last_pulled_at = image.last_pulled_at
    referrers = await referrers_of(tx, repository_id=repository_id, digests=[digest])
    return DeletionPreview(
        sibling_tags=siblings,
        indexes=tuple(indexes),
        referrers=tuple(referrers),
        exclusive_bytes=(
            0 if manifest_remains else await _exclusive_bytes(tx, actor.repository, digest)
        ),
        last_pulled_at=last_pulled_at,
    )


async def _exclusive_bytes(tx: Tx, repository: Repository, digest: str) -> int:
    tree = await queries.get_manifest_tree(tx, repository_id=repository.id, digests=[digest])
    return await queries.sum_exclusive_bytes(
        tx,
        account_id=repository.account_id,
        repository_id=repository.id,
        digests=find_exclusive({digest}, tree),
    )
