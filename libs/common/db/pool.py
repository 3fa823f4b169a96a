"""Connections for the two hot paths, the webhook and the counting worker: asyncpg itself, without a layer between.

asyncpg's own pool gives a connection back in a task of its own, after a round trip that resets it. Here nothing needs to be reset, and the
registry waits for every tenth of a millisecond (docs/adr).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg

from libs.common.db.engine import CONNECT_SECONDS, STATEMENT_SECONDS

_CLOSE_SECONDS = 2.0


class Pool:
    """At most ``size`` connections to ``url``; none is made before it is needed, so the service starts while the database is away.

    Users leave nothing behind on a connection: no setting, no LISTEN, no lock beyond its transaction. The server itself ends a statement
    after ``statement_seconds``: one that we gave up must not hold a connection of its for ever.
    """

    def __init__(
        self,
        url: str,
        *,
        application_name: str,
        size: int,
        statement_seconds: float = STATEMENT_SECONDS,
    ) -> None:
        self._url = url
        self._seconds = statement_seconds
        self._settings = {
            "application_name": application_name,
            "jit": "off",
            "timezone": "UTC",
            "statement_timeout": f"{round(statement_seconds * 1000)}ms",
        }
        self._slots = asyncio.Semaphore(size)
        self._free: list[Any] = []

    async def close(self) -> None:
        """Close every connection, at once where one hangs. Whoever uses one must have ended."""
        while self._free:
            connection = self._free.pop()
            with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
                await connection.close(timeout=_CLOSE_SECONDS)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        """An asyncpg connection. One that is broken, or whose use was cancelled, is cut off: a database that hangs would not let go.

        Raises what asyncpg.connect does when there is none yet.
        """
        async with self._slots:
            connection = await self._take()
            try:
                yield connection
            except asyncpg.PostgresError:
                raise  # the server refused something; the connection is as good as before
            except BaseException:
                connection.terminate()
                raise
            finally:
                if not connection.is_closed():
                    self._free.append(connection)

    async def _take(self) -> Any:
        while self._free:
            connection = self._free.pop()
            if not connection.is_closed():
                return connection
        return await asyncpg.connect(
            self._url,
            timeout=CONNECT_SECONDS,
            command_timeout=self._seconds + 1,
            server_settings=self._settings,
        )
