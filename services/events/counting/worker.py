"""Counts in the background, when events arrive and at least once a second."""

import asyncio
import contextlib
import time

import structlog
from prometheus_client import Counter, Gauge

from libs.common.db.engine import is_unreachable
from libs.common.db.pool import DATABASE_ERRORS, Pool, is_rollback
from services.events.counting import queries, usecases
from services.events.indexes.worker import IndexLookup
from services.events.ingest.arrivals import Arrivals
from services.events.ingest.usecases import DEAD_LETTERED

BATCH_SIZE = 2000
_POLL_SECONDS = 1.0
_BURST_SECONDS = 0.05  # a burst is counted in batches, not event by event
_RETRY_SECONDS = 0.5
_ATTEMPTS = 3

COUNTED = Counter("moorage_events_counted_total", "Pull events that were counted")
LAG = Gauge("moorage_events_lag_seconds", "Age of the oldest pull event that is not counted yet")
_log = structlog.get_logger()


class CountingWorker:
    """Counts the events of the inbox. Any number can run, in any number of processes."""

    def __init__(self, pool: Pool, arrivals: Arrivals, lookup: IndexLookup) -> None:
        self._pool = pool
        self._arrivals = arrivals
        self._lookup = lookup
        self._limit = BATCH_SIZE
        self._failed_attempts = 0
        self._lag_measured_at = 0.0

    async def run(self) -> None:
        """Count until cancelled. While the database is unreachable, retry."""
        while True:
            more = await self._count()
            await self._measure_lag()
            if not more:
                await self._wait()

    async def _wait(self) -> None:
        with contextlib.suppress(TimeoutError):
            # not asyncio.wait_for, which can lose a cancellation
            async with asyncio.timeout(_POLL_SECONDS):
                await self._arrivals.pulls.wait()
            await asyncio.sleep(_BURST_SECONDS)

    async def _count(self) -> bool:
        """Count one batch. Returns whether another batch can follow at once."""
        self._arrivals.pulls.clear()
        try:
            async with self._pool.connection() as connection:
                batch = await usecases.count_batch(connection, limit=self._limit)
        except Exception as error:
            await self._recover(error)
            return True
        COUNTED.inc(batch.counted)
        self._lookup.request(batch.unknown)
        full = batch.claimed >= self._limit
        self._limit, self._failed_attempts = min(BATCH_SIZE, self._limit * 2), 0
        return full and batch.counted > 0

    async def _recover(self, error: Exception) -> None:
        """Wait for the database, or shrink the batches until one event alone fails.

        That event is dead-lettered after three attempts.
        """
        if is_unreachable(error) or is_rollback(error):
            _log.warning("counting waits for the database", reason=type(error).__name__)
        elif self._limit > 1:
            _log.error("batch not counted", size=self._limit, exc_info=error)
            self._limit = max(1, self._limit // 10)
        else:
            self._failed_attempts += 1
            if self._failed_attempts >= _ATTEMPTS:
                await self._dead_letter(error)
        await asyncio.sleep(_RETRY_SECONDS)

    async def _dead_letter(self, error: Exception) -> None:
        self._failed_attempts = 0
        reason = f"it cannot be counted: {type(error).__name__}"
        try:
            async with self._pool.connection() as connection:
                await usecases.dead_letter_first_event(connection, reason=reason)
            DEAD_LETTERED.inc()
            _log.error("event that cannot be counted dead-lettered", exc_info=error)
        except Exception as failure:
            _log.error("event that cannot be counted not dead-lettered", exc_info=failure)

    async def _measure_lag(self) -> None:
        now = time.monotonic()
        if now - self._lag_measured_at < _POLL_SECONDS:
            return
        self._lag_measured_at = now
        with contextlib.suppress(*DATABASE_ERRORS):
            async with self._pool.connection() as connection:
                LAG.set(await queries.get_lag_seconds(connection))
                await queries.record_progress(connection)
