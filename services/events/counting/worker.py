"""Runs the counting beside the requests: woken by deliveries, by itself once a second, and stopped by nothing that an event holds."""

import asyncio
import contextlib
import time

import asyncpg
import structlog

from libs.common.db.engine import is_unreachable
from libs.common.db.pool import Pool
from services.events import metrics
from services.events.counting import usecases
from services.events.counting.lookups import Lookups
from services.events.feed.wakeup import Wakeup

BATCH = 2000
_POLL_SECONDS = 1.0
_GATHER_SECONDS = 0.05  # a burst is counted in batches rather than event by event
_FAILED_SECONDS = 0.5
_TRIES_ALONE = 3
_log = structlog.get_logger()


class CountingWorker:
    """Counts what is in the inbox. Any number may run, in any number of processes."""

    def __init__(self, pool: Pool, wakeup: Wakeup, lookups: Lookups) -> None:
        self._pool = pool
        self._wakeup = wakeup
        self._lookups = lookups
        self._limit = BATCH
        self._failed_alone = 0
        self._lag_known_at = 0.0

    async def run(self) -> None:
        """Count until cancelled; a database that is away is waited for."""
        while True:
            more = await self._turn()
            await self._measure()
            if not more:
                await self._pause()

    async def _pause(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_POLL_SECONDS):  # not wait_for: that can lose a cancellation
                await self._wakeup.pulls.wait()
            await asyncio.sleep(_GATHER_SECONDS)

    async def _turn(self) -> bool:
        """Count one batch; returns whether there may be more to count right away."""
        self._wakeup.pulls.clear()
        try:
            async with self._pool.connection() as connection:
                batch = await usecases.count_batch(connection, self._limit)
        except Exception as error:
            await self._after_failure(error)
            return True
        metrics.counted.inc(batch.counted)
        self._lookups.want(batch.unknown)
        full = batch.claimed >= self._limit
        self._limit, self._failed_alone = min(BATCH, self._limit * 2), 0
        return full and batch.counted > 0

    async def _after_failure(self, error: Exception) -> None:
        """Make the next batch smaller, down to the one event that fails, which is set aside in the end."""
        if is_unreachable(error) or isinstance(error, asyncpg.TransactionRollbackError):
            _log.warning("counting waits for the database", reason=type(error).__name__)
        elif self._limit > 1:
            _log.error("a batch could not be counted", size=self._limit, exc_info=error)
            self._limit = max(1, self._limit // 10)
        else:
            self._failed_alone += 1
            if self._failed_alone >= _TRIES_ALONE:
                await self._set_aside(error)
        await asyncio.sleep(_FAILED_SECONDS)

    async def _set_aside(self, error: Exception) -> None:
        self._failed_alone = 0
        try:
            async with self._pool.connection() as connection:
                await usecases.set_aside_first(
                    connection, reason=f"it cannot be counted: {type(error).__name__}"
                )
            metrics.refused.inc()
            _log.error(
                "an event that cannot be counted was set aside as a dead letter", exc_info=error
            )
        except Exception as failure:
            _log.error("an event could not be set aside", exc_info=failure)

    async def _measure(self) -> None:
        now = time.monotonic()
        if now - self._lag_known_at < _POLL_SECONDS:
            return
        self._lag_known_at = now
        with contextlib.suppress(
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,
            OSError,
            TimeoutError,
        ):
            async with self._pool.connection() as connection:
                metrics.lag.set(await usecases.lag_seconds(connection))
