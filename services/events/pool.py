"""Connections for the two hot paths, the webhook and the counting worker: asyncpg itself, without a layer between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from libs.common.db import CONNECT_SECONDS, STATEMENT_SECONDS


class Pool:
    """At most ``size`` connections to ``url``; none is made before it is needed, so the service starts while the database is away."""

    def __init__(self, url: str, *, application_name: str, size: int) -> None:
        self._url = url
        self._application_name = application_name
        self._size = size
        self._pool: Any = None

    async def open(self) -> None:
        """Make it ready for use in the running event loop; nothing connects yet."""
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=self._size,
            timeout=CONNECT_SECONDS,
            command_timeout=STATEMENT_SECONDS,
            server_settings={"application_name": self._application_name, "jit": "off", "timezone": "UTC"},
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
        """An asyncpg connection. One whose use was cancelled is cut off, because a database that hangs would not let go of it."""
        held = await self._pool.acquire()
        try:
            yield held
        except asyncio.CancelledError:
            held.terminate()
            raise
        finally:
            await self._pool.release(held)
