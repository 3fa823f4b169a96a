"""The worker that follows the feed.

It retries while the registry or the database does not answer. A repository whose events fail, are
slow, or name many manifests is delayed: another worker applies them, and the others go on.
"""

import asyncio

import structlog
from prometheus_client import Counter

from libs.common.db.engine import Engine, is_unreachable
from libs.common.registry.client import Registry
from services.catalog.sync.feed import usecases
from services.catalog.sync.feed.precedence import Precedence

CHANNEL = "moorage_feed"
GATHER_SECONDS = 0.2
"""Admission records pushes, so nobody waits for the feed, and a step can apply several events."""
_BATCH = 200
_BATCH_SECONDS = 0.2
"""The longest time for a batch, so that nobody waits for a slow repository (spec 5)."""
_ALONE_SECONDS = 0.4
"""The longest time for one of its repositories, if the batch was too slow."""
_POLL_SECONDS = 1.0
_UNSETTLED_SECONDS = 0.05
_RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)

_applied = Counter(
    "moorage_catalog_feed_events", "events of the registry that were applied to the catalog"
)
_log = structlog.get_logger()


class Follower:
    """Applies the events of the feed.

    The position in the feed is in the database. Failures are counted in memory.
    """

    def __init__(
        self, engine: Engine, registry: Registry, precedence: Precedence | None = None
    ) -> None:
        """Create the follower, which goes first while it works."""
        self._engine = engine
        self._registry = registry
        self._precedence = precedence or Precedence()
        self._failures = 0

    async def step(self) -> float:
        """Apply the next events.

        Return how many seconds to wait for a notification before the next call.
        """
        with self._precedence.first():
            return await self._step()

    async def _step(self) -> float:
        batch = await usecases.read_batch(engine=self._engine, limit=_BATCH)
        if not batch.events:
            return _UNSETTLED_SECONDS if batch.unsettled else _POLL_SECONDS
        try:
            await self._apply(batch)
        except Exception as error:
            self._failures += 1
            _log.warning(
                "feed batch failed, will retry",
                failures=self._failures,
                reason=usecases.reason_of(error),
            )
            return _RETRY_SECONDS[min(self._failures, len(_RETRY_SECONDS)) - 1]
        self._failures = 0
        _applied.inc(len(batch.events))
        return 0.0

    async def _apply(self, batch: usecases.Batch) -> None:
        """Apply all events together, or if that fails or is slow, each repository on its own."""
        try:
            async with asyncio.timeout(_BATCH_SECONDS) as limit:
                await usecases.apply_batch(
                    engine=self._engine, registry=self._registry, batch=batch
                )
            return
        except Exception as error:
            if is_unreachable(error) and not limit.expired():
                raise
            await self._registry.check()
            # To try the same again would only keep the next batch waiting.
            is_slow = limit.expired() and len({event.repository for event in batch.all}) == 1
        await usecases.apply_separately(
            engine=self._engine,
            registry=self._registry,
            batch=batch,
            seconds=0.0 if is_slow else _ALONE_SECONDS,
        )
