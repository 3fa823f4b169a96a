"""Deletes abandoned uploads and the folders of empty repositories (spec 7)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import structlog

from libs.common.db.engine import Engine, is_unreachable
from libs.common.storage.store import Storage, StorageUnavailable, SweepEnded
from services.catalog.gc.blobs import queries
from services.catalog.gc.blobs.domain import EMPTY_AGE, UPLOAD_AGE
from services.catalog.intents.domain import Change, Kind
from services.catalog.intents.leases import Lease, LeaseLost
from services.catalog.intents.queries import (
    find_lease,
    insert_unless_conflict,
    lock_repositories,
    resolve,
    take_over,
)

_BATCH = 20
_POLL_SECONDS = 1.0
_log = structlog.get_logger()


async def purge_uploads(
    *,
    storage: Storage,
    uploads: Sequence[tuple[str, str]],
    report: Callable[[int], Awaitable[None]],
) -> int:
    """Delete uploads (repository, id) that were not written to for a day. Return the freed bytes.

    ``report`` receives the number of processed uploads.

    Raises:
        StorageUnavailable: the storage does not work.
    """
    freed = 0
    unwritten_since = datetime.now(UTC) - UPLOAD_AGE
    for number, (repository, upload) in enumerate(uploads):
        freed += await storage.delete_upload(repository, upload, unwritten_since=unwritten_since)
        await report(number + 1)
    return freed


async def remove_empty_repositories(
    *,
    engine: Engine,
    storage: Storage,
    paths: Sequence[str],
    report: Callable[[int], Awaitable[None]],
) -> int:
    """Remove the folders of repositories that have no manifest. Return how many are gone.

    An intent keeps pushes of manifests to the repository waiting meanwhile. An upload that begins
    meanwhile is newer than a day, so its files stay.

    ``report`` receives the number of processed repositories.

    Raises:
        StorageUnavailable: the storage does not work.
    """
    removed = 0
    if not paths:
        return removed
    sweep = await storage.prepare_sweep()
    try:
        for number, path in enumerate(paths):
            removed += await _remove(engine, storage, sweep, path)
            await report(number + 1)
    except (SweepEnded, LeaseLost) as error:
        # Another process has ended the sweep. A later run removes the other folders.
        _log.warning("the removal of empty repositories has ended", reason=str(error))
    finally:
        await storage.end_sweep(sweep)
    return removed


async def _remove(engine: Engine, storage: Storage, sweep: str, path: str) -> bool:
    """Remove the folder of one repository, unless it is in use. Return whether it is gone.

    If this fails, the intent stays open until its lease ends (``keep_ending``).
    """
    change = Change(kind=Kind.REMOVE_FOLDER, namespace="", repository=path, digest=sweep)
    async with engine.begin() as tx:
        await lock_repositories(tx, paths=[path])
        if await queries.is_in_use(tx, path=path):
            return False
        id_ = await insert_unless_conflict(tx, change=change)
        until = None if id_ is None else await find_lease(tx, id=id_)
    if id_ is None or until is None:
        return False
    lease = Lease(engine, id_, until)
    older_than = datetime.now(UTC) - EMPTY_AGE
    async with lease.kept():
        removed = await storage.remove_links(sweep, path, older_than=older_than, check=lease.check)
    async with engine.begin() as tx:
        await resolve(tx, id=id_)
    return removed


async def keep_ending(*, engine: Engine, storage: Storage) -> None:
    """Resolve the intents of removals whose process has ended or is stopped, until cancelled.

    First the storage refuses their deletions. A later run removes what is left of the folders. Each
    replica does this, because the one that leads can be the one that is stopped.
    """
    while True:
        try:
            async with engine.begin() as tx:
                ended = await take_over(tx, kinds=[Kind.REMOVE_FOLDER], limit=_BATCH)
            for intent in ended:
                await storage.end_sweep(intent.change.digest)
                async with engine.begin() as tx:
                    await lock_repositories(tx, paths=[intent.change.repository])
                    await resolve(tx, id=intent.id)
        except StorageUnavailable as error:
            _log.warning("a removal cannot be ended in the storage", reason=str(error))
        except Exception as error:
            if not is_unreachable(error):
                raise
            _log.warning("no removal can be ended: the database is unreachable")
        await asyncio.sleep(_POLL_SECONDS)
