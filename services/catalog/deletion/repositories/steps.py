"""The steps of a deletion, which the worker runs.

Each step can be repeated, and the database alone says which step is next. So a crash costs nothing.
"""

import asyncio
from functools import partial

import structlog

from libs.common.db.audit import AuditEntry
from libs.common.db.engine import Engine, Tx
from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryUnavailable
from libs.common.registry.manifests import is_digest
from services.catalog.audit.usecases import record_of_namespace
from services.catalog.deletion.queries import has_unapplied_events_below
from services.catalog.deletion.repositories import queries
from services.catalog.deletion.repositories.domain import EMPTYING_SECONDS, Deletion
from services.catalog.deletion.repositories.emptying import RepositoryCleaner
from services.catalog.intents import queries as intents
from services.catalog.intents.domain import Kind
from services.catalog.pull_counts.queries import lock_counters
from services.catalog.repositories.queries import update_totals
from services.catalog.trash.keeping.queries import store_content
from services.catalog.trash.keeping.usecases import keep_images

_log = structlog.get_logger()


async def remove(*, engine: Engine, registry: Registry, deletion: Deletion) -> bool:
    """Delete the object from the registry, then from the catalog. Its name stays reserved.

    Return False if a push or deletion of one of its images is not finished, or if a request of this
    deletion has no answer. No push begins, because the repository is marked.

    Raises RegistryUnavailable.
    """
    if deletion.kind == "repository":
        async with engine.begin() as tx:
            if await intents.has_open(
                tx, repositories=[deletion.name], besides=Kind.EMPTY_REPOSITORY
            ):
                return False
            manifests = await queries.list_manifest_digests(tx, path=deletion.name)
            blobs = await queries.list_blob_digests(tx, path=deletion.name)
        is_kept = await keep_images(engine=engine, repository=deletion.name, digests=manifests)
        keep = partial(_keep_content, engine, deletion.name) if is_kept else None
        cleaner = RepositoryCleaner(engine, registry, deletion.name, deletion=deletion, keep=keep)
        await cleaner.empty(manifests=manifests, blobs=[blob for blob in blobs if is_digest(blob)])
    async with engine.begin() as tx:
        if deletion.kind == "repository":
            await intents.lock_repositories(tx, paths=[deletion.name])
            if await intents.has_open(tx, repositories=[deletion.name]):
                return False
        await queries.lock_object(tx, deletion=deletion)
        if not await queries.mark_removed(tx, id=deletion.id):
            return True
        await _record(tx, deletion, deletion.audit_entry())
        if deletion.kind == "repository":
            await queries.delete_repository(tx, path=deletion.name)
        else:
            await queries.delete_namespace(tx, name=deletion.name)
    _log.info("deleted", kind=deletion.kind, name=deletion.name)
    return True


async def release(*, engine: Engine, registry: Registry, deletion: Deletion) -> bool:
    """Release the name; return False if events of it are not applied, or a change is open.

    First, the registry is emptied once more, because the event of a push may be late or lost.
    Nothing can be restored to the name meanwhile.

    Raises RegistryUnavailable.
    """
    async with engine.begin() as tx:
        if not await queries.begin_emptying(tx, id=deletion.id):
            return True  # it was restored
    try:
        async with asyncio.timeout(EMPTYING_SECONDS):
            return await _release(engine, registry, deletion)
    except TimeoutError:
        raise RegistryUnavailable(f"{deletion.name} is not empty yet") from None


async def _release(engine: Engine, registry: Registry, deletion: Deletion) -> bool:
    async with engine.connect() as tx:
        if await has_unapplied_events_below(tx, name=deletion.name):
            return False
    if deletion.kind == "repository":
        paths = [deletion.name]
    else:
        paths = await registry.list_repositories_in(deletion.name)
    for path in paths:
        count = await RepositoryCleaner(engine, registry, path, deletion=deletion).empty()
        if count:
            _log.warning("deleted manifests of the former owner", repository=path, manifests=count)
    async with engine.begin() as tx:
        await intents.lock_repositories(tx, paths=paths)
        if await intents.has_open(tx, repositories=paths):
            return False
        await queries.release_name(tx, deletion=deletion)
    return True


async def _keep_content(engine: Engine, path: str, digest: str, content: bytes) -> None:
    async with engine.begin() as tx:
        await store_content(tx, repository=path, digest=digest, content=content)


async def drop(*, tx: Tx, deletion: Deletion) -> None:
    """Drop the deletion: the object keeps its owner and all that is not deleted yet."""
    if deletion.kind == "repository":
        await intents.lock_repositories(tx, paths=[deletion.name])
        await lock_counters(tx)
        repository_id = await queries.unmark_repository(tx, path=deletion.name)
        if repository_id is not None:
            await update_totals(tx, pushed_at={repository_id: None})
    else:
        await queries.unmark_namespace(tx, name=deletion.name)
    await queries.delete_deletion(tx, deletion=deletion)
    await _record(tx, deletion, deletion.audit_entry_of_drop())


async def _record(tx: Tx, deletion: Deletion, entry: AuditEntry) -> None:
    namespace, _, _ = deletion.name.partition("/")
    await record_of_namespace(tx=tx, entry=entry, namespace=namespace)
