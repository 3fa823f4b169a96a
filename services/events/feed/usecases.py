"""Tells the catalog that the feed has something new, once for a burst."""

import asyncio

import structlog

from libs.common.db.pool import Pool
from services.events.feed.wakeup import Wakeup

_GATHER_SECONDS = 0.02
_log = structlog.get_logger()


async def announce(pool: Pool, wakeup: Wakeup) -> None:
    """``NOTIFY moorage_feed`` whenever a push or delete was stored, until cancelled. The catalog looks by itself too."""
    while True:
        await wakeup.feed.wait()
        await asyncio.sleep(_GATHER_SECONDS)
        wakeup.feed.clear()
        try:
            async with pool.connection() as connection:
                await connection.execute("SELECT pg_notify('moorage_feed', '')")
        except Exception as error:
            _log.warning("the catalog could not be told of new events", reason=type(error).__name__)
