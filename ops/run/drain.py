"""Waits until the registry has delivered its queued events, which are in its memory only."""

import asyncio

import asyncpg

from ops.db.roles import connected
from ops.errors import OpsError

_LONGEST_SECONDS = 5.0
# The registry sends the next event when the events service acknowledges the last one. After a
# failure it waits a second. Then the events service is down, and waiting does not help.
_QUIET_SECONDS = 0.3


async def drain(owner_url: str) -> None:
    """Return when no event arrives for a moment, at the latest after five seconds.

    If the database cannot be reached, return at once.
    """
    try:
        async with asyncio.timeout(_LONGEST_SECONDS), connected(owner_url) as connection:
            await _wait_until_quiet(connection)
    except (TimeoutError, OpsError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return


async def _wait_until_quiet(connection: asyncpg.Connection) -> None:
    clock = asyncio.get_running_loop().time
    newest, since = None, clock()
    while clock() - since < _QUIET_SECONDS:
        found = await connection.fetchval("SELECT max(id) FROM events.inbox")
        if found != newest:
            newest, since = found, clock()
        await asyncio.sleep(0.03)
