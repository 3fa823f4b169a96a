"""Delete an image by its digest.

No transaction is open during calls to the registry.
"""

import asyncio

from libs.common.db.engine import Engine
from libs.common.registry.client import Registry
from services.catalog.audit.usecases import record
from services.catalog.deletion.images import queries
from services.catalog.deletion.images.domain import NeededByIndex
from services.catalog.deletion.queries import has_unapplied_events
from services.catalog.deletion.tags.domain import CatalogBehind
from services.catalog.deletion.tags.usecases import POLL_SECONDS, SETTLE_SECONDS
from services.catalog.images.queries import list_tagged_indexes
from services.catalog.images.usecases import get_image_by_digest
from services.catalog.pull_counts.queries import lock_counters
from services.catalog.repositories.domain import RepositoryOwner
from services.catalog.repositories.queries import update_totals


async def delete_image(
    *, engine: Engine, registry: Registry, actor: RepositoryOwner, digest: str
) -> None:
    """Delete an image with all tags on it.

    Raises:
        ImageNotFound: the repository has no such image.
        NeededByIndex: a tagged index needs it.
        RepositoryDeleting: the repository is being deleted.
        CatalogBehind: the catalog has not applied all pushes to the repository.
        RegistryUnavailable: the registry does not answer.
    """
    repository = actor.repository
    repository.check_not_deleting()
    await _wait_for_feed(engine, repository.path)
    async with engine.connect() as tx:
        await get_image_by_digest(tx=tx, actor=actor, digest=digest)
        indexes = await list_tagged_indexes(tx, repository_id=repository.id, digest=digest)
    if indexes:
        raise NeededByIndex(digest, indexes)
    await registry.delete_manifest(repository.path, digest)
    async with engine.begin() as tx:
        # The feed takes this lock first, and then locks repository and manifests in another order.
        await lock_counters(tx)
        if await queries.delete_manifest(tx, repository_id=repository.id, digest=digest):
            await update_totals(tx, pushed_at={repository.id: None})
        await record(
            tx=tx,
            principal=actor.principal,
            action="image.delete",
            target=f"images/{repository.path}@{digest}",
            owner_id=repository.account_id,
        )


async def _wait_for_feed(engine: Engine, repository: str) -> None:
    """Return when the catalog has applied all events of the repository. Raises CatalogBehind."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + SETTLE_SECONDS
    while True:
        async with engine.connect() as tx:
            if not await has_unapplied_events(tx, repository=repository):
                return
        if loop.time() > deadline:
            raise CatalogBehind
        await asyncio.sleep(POLL_SECONDS)
