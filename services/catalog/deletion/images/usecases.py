"""Deleting images: what it would take along, and doing it. No transaction is open while the registry is asked."""

import asyncio

from libs.common.db.engine import Engine, Tx
from libs.common.registry.client import Registry
from libs.common.web.errors import NotFound
from services.catalog.audit.usecases import record
from services.catalog.deletion.images import queries as holdings
from services.catalog.deletion.tags import usecases as tag_deletion
from services.catalog.deletion.tags.domain import CatalogBehind
from services.catalog.images import usecases
from services.catalog.images.domain import DeletionPreview, Image, NeededByIndex, held_only_by
from services.catalog.pull_counts import queries as counters
from services.catalog.repositories.domain import RepositoryDeleting, RepositoryOwner
from services.catalog.sync.feed import queries as feed

_LOOK_SECONDS = 0.05


async def delete_tag(
    *, engine: Engine, registry: Registry, actor: RepositoryOwner, tag: str
) -> None:
    """Delete the tag; other tags on its image stay, and so does the image.

    Raises NotFound, RepositoryDeleting, CatalogBehind, WritesPaused, RegistryUnavailable.
    """
    _refuse_deleting(actor)
    if not usecases.is_tag(tag):
        raise NotFound(f"There is no image '{actor.repository.path}:{tag}'.")
    await tag_deletion.delete_tag(
        engine=engine,
        registry=registry,
        principal=actor.principal,
        repository=actor.repository,
        tag=tag,
    )


async def delete_manifest(
    *, engine: Engine, registry: Registry, actor: RepositoryOwner, digest: str
) -> None:
    """Delete an image with all tags on it.

    Raises NotFound, NeededByIndex, RepositoryDeleting, CatalogBehind, RegistryUnavailable.
    """
    _refuse_deleting(actor)
    repository = actor.repository
    await _heard_of_all(engine, repository.path)
    async with engine.connect() as tx:
        await usecases.get_image_by_digest(tx=tx, actor=actor, digest=digest)
        indexes = await holdings.list_live_indexes(tx, repository_id=repository.id, digest=digest)
    if indexes:
        raise NeededByIndex(digest, indexes)
    await registry.delete_manifest(repository.path, digest)
    async with engine.begin() as tx:
        await counters.lock(
            tx
        )  # the feed writes manifests and repository the other way round, and takes this first
        if await holdings.delete_manifest(tx, repository_id=repository.id, digest=digest):
            await feed.sum_up_repository(tx, repository_id=repository.id)
        await record(
            tx=tx,
            principal=actor.principal,
            action="image.delete",
            target=f"images/{repository.path}@{digest}",
        )


async def preview(*, tx: Tx, actor: RepositoryOwner, image: Image) -> DeletionPreview:
    """What deleting ``image`` by its tag, or by its digest where it was asked for so, would take along and free."""
    repository_id = actor.repository.id
    indexes = await holdings.list_live_indexes(tx, repository_id=repository_id, digest=image.digest)
    siblings = tuple(tag for tag in image.tags if tag != image.tag)
    stays = bool(indexes) or (image.tag is not None and bool(siblings))
    last_pulled_at = image.last_pulled_at
    if image.tag is None:
        last_pulled_at = await holdings.find_last_pull(
            tx, repository_id=repository_id, digest=image.digest
        )
    return DeletionPreview(
        sibling_tags=siblings,
        indexes=tuple(indexes),
        referrers=tuple(
            await holdings.list_referrers(tx, repository_id=repository_id, digest=image.digest)
        ),
        exclusive_bytes=0 if stays else await _exclusive_bytes(tx, repository_id, image.digest),
        last_pulled_at=last_pulled_at,
    )


async def _exclusive_bytes(tx: Tx, repository_id: int, digest: str) -> int:
    family = await holdings.get_family(tx, repository_id=repository_id, digest=digest)
    return await holdings.sum_exclusive(
        tx, repository_id=repository_id, digests=held_only_by(digest, family)
    )


async def _heard_of_all(engine: Engine, repository: str) -> None:
    """Return when the catalog has applied every event of the repository that was delivered. Raises CatalogBehind."""
    deadline = asyncio.get_running_loop().time() + tag_deletion.SETTLE_SECONDS
    while True:
        async with engine.connect() as tx:
            if not await feed.has_events(
                tx, after=await feed.get_position(tx), repository=repository
            ):
                return
        if asyncio.get_running_loop().time() > deadline:
            raise CatalogBehind
        await asyncio.sleep(_LOOK_SECONDS)


def _refuse_deleting(actor: RepositoryOwner) -> None:
    if actor.repository.status == "deleting":
        raise RepositoryDeleting(
            f"The repository {actor.repository.path!r} is being deleted. Its images are deleted with "
            "it: nothing is left to do."
        )
