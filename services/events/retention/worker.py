"""Deletes old events, a few rows at a time. No count depends on it.

Pull events are kept far longer than a pull can last (15 minutes after its last event), because the
registry delivers some of them late after an outage. Pushes and deletions are kept until the catalog
has read them, and some days more for an operator who investigates. The pulls of a deleted
repository, which nothing shows, are kept for a month, as are the last uses in it.
"""

import asyncio
from datetime import timedelta

import structlog

from libs.common.db.engine import is_unreachable
from libs.common.db.pool import Pool
from services.events.retention import queries

_INTERVAL_SECONDS = 600.0
_ROWS_AT_ONCE = 2000
_INDEX_AGE = timedelta(days=30)
_ENDED_PULLS_AGE = timedelta(days=30)
_DIGEST_PULLS_AGE = timedelta(days=400)
_LAST_USES_AGE = timedelta(days=3660)
"""No rule of retention asks for uses that are older."""
_log = structlog.get_logger()


class Retention:
    """Deletes counted pull events after the age ``pulls``, and feed events after ``feed``."""

    def __init__(self, pool: Pool, *, pulls: timedelta, feed: timedelta) -> None:
        self._pool = pool
        self._pulls = pulls
        self._feed = feed

    async def run(self) -> None:
        """Delete every ten minutes, until cancelled."""
        while True:
            try:
                deleted = await self.delete()
                if deleted:
                    _log.info("old events deleted", rows=deleted)
            except Exception as error:
                _log.warning(
                    "old events not deleted",
                    reason=type(error).__name__,
                    exc_info=not is_unreachable(error),
                )
            await asyncio.sleep(_INTERVAL_SECONDS)

    async def delete(self) -> int:
        """Delete all rows that are old enough. Returns their number."""
        async with self._pool.connection() as connection:
            rules = (
                (queries.delete_pull_events, self._pulls),
                (queries.delete_feed_events, self._feed),
                (queries.delete_checkpoints, self._pulls),
                (queries.delete_indexes, _INDEX_AGE),
                (queries.delete_subjects, _INDEX_AGE),
                (queries.delete_ended_uses, _ENDED_PULLS_AGE),
                (queries.delete_ended_pulls, _ENDED_PULLS_AGE),
                (queries.delete_digest_pulls, _DIGEST_PULLS_AGE),
                (queries.delete_last_uses, _LAST_USES_AGE),
            )
            deleted = 0
            for statement, age in rules:
                while True:
                    rows = await statement(connection, age=age, limit=_ROWS_AT_ONCE)
                    deleted += rows
                    if rows < _ROWS_AT_ONCE:
                        break
                    await asyncio.sleep(0)
            return deleted
