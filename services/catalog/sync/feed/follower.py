"""The worker that follows the feed.

It retries while the registry does not answer, and skips an event that cannot be applied.
"""

import time
from dataclasses import replace

import structlog
from prometheus_client import Counter

from libs.common.db.engine import Engine, is_unreachable
from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryUnavailable
from services.catalog.sync.feed import usecases
from services.catalog.sync.feed.retries import PushRetries

CHANNEL = "moorage_feed"
_BATCH = 200
_TRIES = 5
_POLL_SECONDS = 1.0
_UNSETTLED_SECONDS = 0.05
_RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)

_applied = Counter(
    "moorage_catalog_feed_events", "events of the registry that were applied to the catalog"
)
_skipped = Counter(
    "moorage_catalog_feed_events_skipped",
    "events that could not be applied and were skipped",
)
_log = structlog.get_logger()


class Follower:
    """Applies the events of the feed.

    The position in the feed is in the database. Failures and retries are counted in memory.
    """

    def __init__(self, engine: Engine, registry: Registry) -> None:
        self._engine = engine
        self._registry = registry
        self._failures = 0
        self._retries = PushRetries()

    async def step(self) -> float:
        """Apply the next events.

        Return how many seconds to wait for a notification before the next call.
        """
        # After a failure, a batch has one event, so that only the bad event is retried and skipped.
        batch = await usecases.read_batch(
            engine=self._engine, limit=1 if self._failures else _BATCH
        )
        if not self._failures:
            batch = replace(batch, again=self._retries.due(time.monotonic()))
        if not batch.all:
            return self._retries.seconds_to_next(
                time.monotonic(),
                at_most=_UNSETTLED_SECONDS if batch.unsettled else _POLL_SECONDS,
            )
        try:
            invisible = await usecases.apply_batch(
                engine=self._engine, registry=self._registry, batch=batch
            )
        except Exception as error:
            self._retries.record(applied=batch.again, invisible=batch.again, now=time.monotonic())
            return await self._handle_failure(batch, error)
        self._failures = 0
        self._retries.record(applied=batch.all, invisible=invisible, now=time.monotonic())
        _applied.inc(len(batch.events))
        return 0.0

    async def _handle_failure(self, batch: usecases.Batch, error: Exception) -> float:
        """Return the seconds until the next try; skip an event that fails again and again."""
        self._failures += 1 if batch.events else 0
        wait = _RETRY_SECONDS[min(max(self._failures, 1), len(_RETRY_SECONDS)) - 1]
        _log.warning(
            "feed batch failed, will retry",
            failures=self._failures,
            reason=str(error) or type(error).__name__,
        )
        if (
            self._failures <= _TRIES
            or len(batch.events) > 1
            or is_unreachable(error)
            or not await self._registry_works()
        ):
            return wait
        event = batch.events[0]
        _log.error(
            "feed event skipped",
            position=str(event.position),
            repository=event.repository,
            exc_info=error,
        )
        await usecases.skip_batch(engine=self._engine, batch=batch)
        _skipped.inc()
        self._failures = 0
        return 0.0

    async def _registry_works(self) -> bool:
        try:
            await self._registry.check()
        except RegistryUnavailable:
            return False
        return True
