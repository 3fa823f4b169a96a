"""Follows the feed: step after step, with patience for a registry that is away, and none for an event that cannot be applied."""

import time
from dataclasses import replace

import structlog
from prometheus_client import Counter

from libs.common.db.engine import Engine, is_unreachable
from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryUnavailable
from services.catalog.sync.feed import usecases
from services.catalog.sync.feed.retries import Early

CHANNEL = "moorage_feed"
_BATCH = 200
_TRIES = 5
_POLL_SECONDS = 1.0
_UNSETTLED_SECONDS = 0.05
_RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)

_applied = Counter(
    "moorage_catalog_feed_events", "events of the registry that were applied to the catalog"
)
_passed_over = Counter(
    "moorage_catalog_feed_events_passed_over",
    "events that could not be applied and were passed over",
)
_log = structlog.get_logger()


class Follower:
    """Keeps the place in the feed between steps only in the database; what it remembers itself is how often a step failed, and the pushes
    that may show in a moment."""

    def __init__(self, engine: Engine, registry: Registry) -> None:
        self._engine = engine
        self._registry = registry
        self._failures = 0
        self._early = Early()

    async def step(self) -> float:
        """Apply the next events; returns the seconds after which to look again without a notification."""
        # After a failure the events come one at a time, so that one that cannot be applied takes no other with it.
        batch = await usecases.read_batch(
            engine=self._engine, limit=1 if self._failures else _BATCH
        )
        if not self._failures:
            batch = replace(batch, again=self._early.due(time.monotonic()))
        if not batch.all:
            return self._early.seconds(
                time.monotonic(), _UNSETTLED_SECONDS if batch.unsettled else _POLL_SECONDS
            )
        try:
            early = await usecases.apply_batch(
                engine=self._engine, registry=self._registry, batch=batch
            )
        except Exception as error:
            self._early.note(looked_at=batch.again, early=batch.again, now=time.monotonic())
            return await self._failed(batch, error)
        self._failures = 0
        self._early.note(looked_at=batch.all, early=early, now=time.monotonic())
        _applied.inc(len(batch.events))
        return 0.0

    async def _failed(self, batch: usecases.Batch, error: Exception) -> float:
        self._failures += 1 if batch.events else 0
        wait = _RETRY_SECONDS[min(max(self._failures, 1), len(_RETRY_SECONDS)) - 1]
        _log.warning(
            "feed is held up", failures=self._failures, reason=str(error) or type(error).__name__
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
            "feed event passed over",
            position=str(event.position),
            repository=event.repository,
            exc_info=error,
        )
        await usecases.pass_over(engine=self._engine, batch=batch)
        _passed_over.inc()
        self._failures = 0
        return 0.0

    async def _registry_works(self) -> bool:
        try:
            await self._registry.check()
        except RegistryUnavailable:
            return False
        return True
