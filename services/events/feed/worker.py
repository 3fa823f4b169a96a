"""Notifies the catalog that the feed has new events."""

import asyncio

import structlog

from libs.common.db.pool import Pool
from services.events.feed import queries

_BURST_SECONDS = 0.02
_log = structlog.get_logger()


class FeedNotifier:
    """Notifies the catalog after ``stored`` is set, once for a burst of events.

    A lost notification does no harm: the catalog also polls the feed.
    """

    def __init__(self, pool: Pool, stored: asyncio.Event) -> None:
        self._pool = pool
        self._stored = stored

    async def run(self) -> None:
        """Notify until cancelled."""
        while True:
            await self._stored.wait()
            await asyncio.sleep(_BURST_SECONDS)
            self._stored.clear()
            try:
                async with self._pool.connection() as connection:
                    await queries.notify_catalog(connection)
            except Exception as error:
                _log.warning("catalog not notified of new events", reason=type(error).__name__)
