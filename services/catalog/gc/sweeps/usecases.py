"""Deletes blobs whose wait has ended, under a lease (spec 7).

The lease is a row with a fencing number. A process that is stopped and continued later can believe
that it still has the lease. Then the storage refuses its deletions, because its sweep has ended.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

import structlog

from libs.common.db.engine import Engine, autocommit, is_unreachable
from libs.common.storage.store import Storage, StorageUnavailable, SweepEnded
from services.catalog.gc.blobs.domain import BATCH
from services.catalog.gc.sweeps import queries
from services.catalog.gc.sweeps.domain import RENEW_SECONDS, Lease

_POLL_SECONDS = 0.5
_WAIT_SECONDS = 60.0
_VOID_SECONDS = 1.0
_STEPS_PER_SECOND = 5
_log = structlog.get_logger()

Progress = Callable[[int, int, int], Awaitable[None]]
"""Receives the numbers of deleted and kept blobs, and the freed bytes, of one batch."""


async def void_ended_lease(*, engine: Engine, storage: Storage) -> None:
    """Void the lease of a sweep whose process has ended or is stopped.

    First the storage refuses its deletions. Then its blobs are doomed again, with a new wait.

    Raises:
        StorageUnavailable: the sweep can still delete, so its lease was not voided.
    """
    async with engine.connect() as tx:
        lease = await queries.find_ended_lease(tx)
    if lease is None:
        return
    await storage.end_sweep(lease.sweep)
    async with engine.begin() as tx:
        await queries.void_lease(tx, lease=lease)


async def end_unknown_sweeps(*, engine: Engine, storage: Storage) -> None:
    """End the sweeps in the storage that the database does not know.

    If the database was restored from a backup, it does not know the lease of a sweep whose process
    is stopped. When that process goes on, it would delete blobs that pushes need again.

    Raises:
        StorageUnavailable: one of them may still delete.
    """

    async def find_known() -> str | None:
        async with engine.connect() as tx:
            return await queries.find_sweep(tx)

    await storage.end_other_sweeps(find_known)


async def keep_voiding(*, engine: Engine, storage: Storage) -> None:
    """End unknown sweeps in each new epoch, and void ended leases, until cancelled.

    Each replica does this, also while the one that sweeps is stopped: pushes wait for its blobs.
    """
    known_epoch: str | None = None
    while True:
        try:
            async with engine.connect() as tx:
                epoch = await queries.read_epoch(tx)
            if epoch != known_epoch:
                await end_unknown_sweeps(engine=engine, storage=storage)
                known_epoch = epoch
            await void_ended_lease(engine=engine, storage=storage)
        except StorageUnavailable as error:
            _log.warning("a sweep cannot be ended in the storage", reason=str(error))
        except Exception as error:
            if not is_unreachable(error):
                raise
            _log.warning("no sweep can be ended: the database is unreachable")
        await asyncio.sleep(_VOID_SECONDS)


async def sweep(
    *,
    engine: Engine,
    storage: Storage,
    run: int,
    listed_at: datetime,
    grace: timedelta,
    per_second: int,
    progress: Progress,
) -> None:
    """Delete doomed blobs that nothing needs and whose wait ended before ``listed_at``.

    The listing began at ``listed_at``, by the database's clock. At most ``per_second`` blobs are
    deleted in a second; 0 sets no limit.

    Raises:
        SweepEnded: the lease has ended. The blobs that are left are doomed, with a new wait.
        StorageUnavailable: the storage does not work.
    """
    async with _lease(engine, storage, run) as lease:
        # Many short pauses delay pushes less than a few long ones.
        limit = min(BATCH, -(-per_second // _STEPS_PER_SECOND)) if per_second else BATCH
        after = ""
        while True:
            started = time.monotonic()
            async with engine.begin() as tx:
                claimed = await queries.claim(
                    tx, lease=lease, listed_at=listed_at, grace=grace, after=after, limit=limit
                )
            if claimed is None:
                raise SweepEnded("the lease or the run of the sweep has ended")
            if claimed.last is None:
                return
            after = claimed.last
            deleted = await storage.delete_blobs(
                lease.sweep, claimed.digests, check=lambda: _check(engine, lease)
            )
            async with engine.begin() as tx:
                await queries.remove_deleted(tx, lease=lease, digests=deleted.digests)
                if deleted.kept:
                    await queries.doom_again(tx, lease=lease, digests=deleted.kept)
            await progress(len(deleted.digests), claimed.kept, deleted.freed_bytes)
            if per_second:
                least = len(claimed.digests) / per_second
                await asyncio.sleep(max(0.0, least - (time.monotonic() - started)))


@asynccontextmanager
async def _lease(engine: Engine, storage: Storage, run: int) -> AsyncIterator[Lease]:
    """Hold the lease and renew it. At the end, what was claimed and not deleted is doomed again."""
    lease = await _take_lease(engine, storage, run)
    renewing = asyncio.create_task(_renew(engine, lease))
    try:
        yield lease
    finally:
        renewing.cancel()
        with suppress(asyncio.CancelledError):
            await renewing
        await storage.end_sweep(lease.sweep)
        async with engine.begin() as tx:
            await queries.void_lease(tx, lease=lease, is_own=True)


async def _take_lease(engine: Engine, storage: Storage, run: int) -> Lease:
    """Take the lease as soon as an earlier sweep has given it back or has lost it."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        await void_ended_lease(engine=engine, storage=storage)
        # The sweep must exist in the storage before it has the lease: a process that is stopped in
        # between must not create it later, when another one has voided the lease.
        name = await storage.prepare_sweep()
        async with engine.begin() as tx:
            lease = await queries.take_lease(tx, run=run, sweep=name)
        if lease is not None:
            return lease
        await storage.end_sweep(name)
        if time.monotonic() > deadline:
            raise SweepEnded("another sweep does not end")
        await asyncio.sleep(_POLL_SECONDS)


async def _renew(engine: Engine, lease: Lease) -> None:
    """Renew the lease until cancelled. A failure is found by the next check."""
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        with suppress(Exception):
            await _check(engine, lease)


async def _check(engine: Engine, lease: Lease) -> None:
    """Renew the lease. Raise SweepEnded if it has ended."""
    async with autocommit(engine) as tx:
        if not await queries.renew_lease(tx, lease=lease):
            raise SweepEnded("the lease of the sweep has ended")
