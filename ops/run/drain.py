"""Lets the registry's queue of events run dry before it is stopped: the queue is in its memory and ends with it."""

import asyncio

import asyncpg

from ops.db.roles import connected
from ops.errors import OpsError

_LONGEST_SECONDS = 5.0
# The registry sends one event at a time, each as soon as the one before is acknowledged; between tries of one that
# failed it waits a second, but then the events service is not up, and nothing is gained by waiting.
_QUIET_SECONDS = 0.3


async def drain(owner_url: str) -> None:
    """Return when no event has come in for a moment, or after five seconds, or when the database cannot be asked."""
    try:
        async with asyncio.timeout(_LONGEST_SECONDS), connected(owner_url) as connection:
            await _until_quiet(connection)
    except (TimeoutError, OpsError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return


async def _until_quiet(connection: asyncpg.Connection) -> None:
    clock = asyncio.get_running_loop().time
    newest, since = None, clock()
    while clock() - since < _QUIET_SECONDS:
        found = await connection.fetchval("SELECT max(id) FROM events.inbox")
        if found != newest:
            newest, since = found, clock()
        await asyncio.sleep(0.03)
