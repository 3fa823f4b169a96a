"""Connections for the two hot paths, the webhook and the counting worker: asyncpg itself, without a layer between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from libs.common.db import CONNECT_SECONDS, STATEMENT_SECONDS


class Pool:
    """At most ``size`` connections to ``url``; none is made before it is needed, so the service starts while the database is away.

    The server itself ends a statement after ``statement_seconds``: one that we gave up must not hold a connection of its for ever.
    """

    def __init__(self, url: str, *, application_name: str, size: int, statement_seconds: float = STATEMENT_SECONDS) -> None:
        self._url = url
        self._size = size
        self._seconds = statement_seconds
        self._settings = {
            "application_name": application_name,
            "jit": "off",
            "timezone": "UTC",
            "statement_timeout": f"{round(statement_seconds * 1000)}ms",
        }
        self._pool: Any = None

    async def open(self) -> None:
        """Make it ready for use in the running event loop; nothing connects yet."""
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=self._size,
            timeout=CONNECT_SECONDS,
            command_timeout=self._seconds + 1,
            server_settings=self._settings,
        )

    async def close(self) -> None:
        """Close every connection, at once where one hangs."""
        try:
            async with asyncio.timeout(2):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        """An asyncpg connection. One that is broken, or whose use was cancelled, is cut off: a database that hangs would not let go."""
        held = await self._pool.acquire()
        try:
            yield held
        except (asyncio.CancelledError, asyncpg.InternalClientError):
            held.terminate()
            raise
        finally:
            await self._pool.release(held)
