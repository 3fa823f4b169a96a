"""Deletes what has been counted and can be corrected no more, a few rows at a time. What must stay exact does not depend on it.

Pull events are kept far longer than a pull can last (15 minutes after its last event), for those that a registry delivers late after an
outage; feed events until the catalog has read them, and some days more for whoever asks what happened.
"""

import asyncio
from datetime import timedelta
from typing import Any

import structlog

from libs.common.db.engine import is_unreachable
from libs.common.db.pool import Pool

_EVERY_SECONDS = 600.0
_AT_ONCE = 2000
_KEEP_INDEXES = timedelta(days=30)
_log = structlog.get_logger()

_PULLS = """
DELETE FROM events.inbox WHERE id IN (
  SELECT id FROM events.inbox WHERE received_at < now() - $1::interval AND action = 'pull' AND counted_at IS NOT NULL
  ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)
"""
_FEED = """
DELETE FROM events.inbox WHERE id IN (
  SELECT i.id FROM events.inbox i WHERE i.received_at < now() - $1::interval AND i.action <> 'pull'
  AND EXISTS (SELECT FROM catalog.feed_progress p WHERE (i.xid, i.id) <= (p.xid, p.id))
  ORDER BY i.id LIMIT $2 FOR UPDATE SKIP LOCKED)
"""
_CHECKPOINTS = """
DELETE FROM events.checkpoints WHERE (client, at_ns, event_id) IN (
  SELECT client, at_ns, event_id FROM events.checkpoints WHERE saved_at < now() - $1::interval LIMIT $2 FOR UPDATE SKIP LOCKED)
"""
_INDEXES = """
DELETE FROM events.indexes WHERE (repository, digest) IN (
  SELECT repository, digest FROM events.indexes WHERE resolved_at < now() - $1::interval LIMIT $2 FOR UPDATE SKIP LOCKED)
"""


class Retention:
    """Deletes pull events received before ``pulls``, and feed events before ``feed``."""

    def __init__(self, pool: Pool, *, pulls: timedelta, feed: timedelta) -> None:
        self._pool = pool
        self._rules = (
            (_PULLS, pulls),
            (_FEED, feed),
            (_CHECKPOINTS, pulls),
            (_INDEXES, _KEEP_INDEXES),
        )

    async def run(self) -> None:
        """Delete every ten minutes until cancelled."""
        while True:
            try:
                deleted = await self.delete()
                if deleted:
                    _log.info("old events deleted", rows=deleted)
            except Exception as error:
                _log.warning(
                    "old events could not be deleted",
                    reason=type(error).__name__,
                    exc_info=not is_unreachable(error),
                )
            await asyncio.sleep(_EVERY_SECONDS)

    async def delete(self) -> int:
        """Delete all that is old enough; returns how many rows that were."""
        deleted = 0
        async with self._pool.connection() as connection:
            for statement, age in self._rules:
                deleted += await _repeat(connection, statement, age)
        return deleted


async def _repeat(connection: Any, statement: str, age: timedelta) -> int:
    total = 0
    while True:
        tag: str = await connection.execute(statement, age, _AT_ONCE)
        deleted = int(tag.rpartition(" ")[2])
        total += deleted
        if deleted < _AT_ONCE:
            return total
        await asyncio.sleep(0)
