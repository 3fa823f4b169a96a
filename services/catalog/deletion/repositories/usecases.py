"""The steps of a deletion. Each is harmless when it is done twice, and the next follows only from what is in the database."""

import structlog

from libs.common.db import audit
from libs.common.db.engine import Engine, Tx
from libs.common.registry.client import Registry
from libs.common.registry.manifests import is_digest
from services.catalog.deletion.repositories import queries
from services.catalog.deletion.repositories.domain import Deletion
from services.catalog.deletion.repositories.emptying import Remover
from services.catalog.pull_counts import queries as counters
from services.catalog.sync.feed import queries as feed
from services.catalog.tables import audit_entries

_log = structlog.get_logger()


async def remove(*, engine: Engine, registry: Registry, deletion: Deletion) -> None:
    """Empty it in the registry, then delete it in the catalog; its name stays kept. Raises RegistryUnavailable."""
    if deletion.kind == "repository":
        async with engine.connect() as tx:
            manifests = await queries.list_digests(tx, path=deletion.name)
            blobs = await queries.list_blobs(tx, path=deletion.name)
        await Remover(registry, deletion.name).empty(
            manifests=manifests, blobs=[blob for blob in blobs if is_digest(blob)]
        )
    async with engine.begin() as tx:
        if not await queries.mark_removed(tx, id=deletion.id):
            return
        if deletion.kind == "repository":
            await queries.delete_repository(tx, path=deletion.name)
        else:
            await queries.delete_namespace(tx, name=deletion.name)
        await audit.append(tx, audit_entries, deletion.ended())
    _log.info("deleted", kind=deletion.kind, name=deletion.name)


async def release(*, engine: Engine, registry: Registry, deletion: Deletion) -> bool:
    """Free the name, after a last look at the registry: an event may have been lost or be late. False: the feed has not read all of it.

    Raises RegistryUnavailable.
    """
    async with engine.connect() as tx:
        after = await feed.get_position(tx)
        if await feed.has_events_below(tx, after=after, name=deletion.name):
            return False
    paths = (
        [deletion.name]
        if deletion.kind == "repository"
        else await registry.list_repositories_in(deletion.name)
    )
    for path in paths:
        left = await Remover(registry, path).empty()
        if left:
            _log.warning("deleted what was left of a former owner", repository=path, manifests=left)
    async with engine.begin() as tx:
        await queries.release(tx, deletion=deletion)
    return True


async def drop(*, tx: Tx, deletion: Deletion) -> None:
    """Take it back: what is left of it stays, in the catalog and in the registry, and belongs to whom it belonged."""
    if deletion.kind == "repository":
        await counters.lock(tx)  # the feed writes repositories too, and takes this first
        reopened = await queries.reopen_repository(tx, path=deletion.name)
        if reopened is not None:
            await feed.sum_up_repository(tx, repository_id=reopened)
    else:
        await queries.reopen_namespace(tx, name=deletion.name)
    await queries.take_back(tx, deletion=deletion)
    await audit.append(tx, audit_entries, deletion.taken_back())
