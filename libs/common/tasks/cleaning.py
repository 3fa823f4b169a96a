"""Deletes rows after their retention time, a batch per transaction (spec 14, "Growth")."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.common.db.engine import is_unreachable

Delete = Callable[[AsyncConnection, int], Awaitable[int]]
"""Deletes at most so many old rows and returns how many it deleted.

Replicas can run it at once.
"""

_INTERVAL_SECONDS = 600.0
_ROWS_AT_ONCE = 1000
_log = structlog.get_logger()


class Cleaner:
    """Runs each of ``rules`` every ten minutes until it finds nothing to delete.

    Each batch is a short transaction, so that a long backlog holds no lock for long.
    """

    def __init__(self, engine: AsyncEngine, *rules: Delete) -> None:
        self._engine = engine
        self._rules = rules

    async def run(self) -> None:
        """Clean until cancelled."""
        while True:
            await asyncio.sleep(_INTERVAL_SECONDS)
            try:
                deleted = await self.clean()
                if deleted:
                    _log.info("old rows deleted", rows=deleted)
            except Exception as error:
                _log.warning(
                    "old rows not deleted",
                    reason=type(error).__name__,
                    exc_info=not is_unreachable(error),
                )

    async def clean(self) -> int:
        """Delete all rows that are old enough. Returns their number."""
        deleted = 0
        for rule in self._rules:
            while True:
                async with self._engine.begin() as tx:
                    rows = await rule(tx, _ROWS_AT_ONCE)
                deleted += rows
                if rows < _ROWS_AT_ONCE:
                    break
        return deleted
