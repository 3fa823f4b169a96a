"""Delete manifests that were pushed to an ownerless path.

Each deletion is an intent, because the former owner can restore the path from the trash meanwhile.
"""

import asyncio
import time
from collections.abc import Collection

import structlog

from libs.common.db.engine import Engine
from libs.common.registry.client import Registry
from services.catalog.intents.domain import Change, Kind
from services.catalog.intents.leases import Lease
from services.catalog.intents.queries import (
    find_lease,
    insert_unless_conflict,
    lock_repositories,
)
from services.catalog.sync.feed import queries
from services.catalog.sync.states.queries import find_known

_CONCURRENT_DELETIONS = 8
_log = structlog.get_logger()


async def delete_orphaned(
    *, engine: Engine, registry: Registry, manifests: Collection[tuple[str, str]]
) -> None:
    """Delete the manifests (repository, digest) with their tags.

    A manifest that the catalog has is left to the worker that deletes its repository: it keeps the
    content in the trash first.

    Raises RegistryUnavailable.
    """
    free = asyncio.Semaphore(_CONCURRENT_DELETIONS)

    async def delete(repository: str, digest: str) -> None:
        async with free:
            await _delete(engine, registry, repository, digest)

    await asyncio.gather(*(delete(*key) for key in sorted(manifests)))


async def _delete(engine: Engine, registry: Registry, repository: str, digest: str) -> None:
    change = Change(
        kind=Kind.DELETE_MANIFEST,
        namespace=repository.partition("/")[0],
        repository=repository,
        digest=digest,
        removes=frozenset({digest}),
    )
    async with engine.begin() as tx:
        await lock_repositories(tx, paths=[repository])
        taken_at = time.monotonic()
        statuses = await queries.get_path_statuses(tx, paths=[repository])
        if not statuses[repository].is_ownerless:
            return
        if await find_known(tx, manifests_of=[(repository, digest)]):
            return
        intent = await insert_unless_conflict(tx, change=change)
        until = None if intent is None else await find_lease(tx, id=intent)
    if intent is None or until is None:
        return  # a restore needs the manifest
    lease = Lease(engine, intent, until, taken_at=taken_at)
    if await registry.delete_manifest(repository, digest, check=lease.check):
        _log.warning(
            "deleted a manifest that was pushed to an ownerless path",
            repository=repository,
            digest=digest,
        )
    async with engine.begin() as tx:
        await lock_repositories(tx, paths=[repository])
        await lease.resolve(tx)
