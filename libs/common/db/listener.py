"""A connection that receives notifications of PostgreSQL (``LISTEN``)."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from libs.common.db.engine import CONNECT_SECONDS

Handler = Callable[[str], None]
"""Receives the payload of one notification, in the order of the commits. It must not block."""


class ListenerLost(Exception):
    """The connection cannot be made, or is lost. The message is the name of the driver's error."""


class NotificationListener:
    """An open connection whose notifications go to their handlers."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

    async def notify(self, channel: str, payload: str) -> None:
        """Send a notification on this connection, and wait until the server has accepted it."""
        await self._connection.execute(
            "SELECT pg_notify($1, $2)", channel, payload, timeout=CONNECT_SECONDS
        )

    async def subscribe(self, channel: str, handler: Handler) -> None:
        """Pass the payload of each notification on ``channel`` to ``handler``."""

        def receive(
            _connection: "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]",
            _pid: int,
            _channel: str,
            payload: object,
        ) -> None:
            handler(str(payload))

        await self._connection.add_listener(channel, receive)


@asynccontextmanager
async def listening(
    url: str, handlers: Mapping[str, Handler], *, application_name: str
) -> AsyncIterator[NotificationListener]:
    """Connect to ``url`` and listen on each channel of ``handlers`` while the context is open.

    Raises:
        ListenerLost: the connection cannot be made, or a statement on it fails.
    """
    try:
        connection = await asyncpg.connect(
            url, timeout=CONNECT_SECONDS, server_settings={"application_name": application_name}
        )
        try:
            listener = NotificationListener(connection)
            for channel, handler in handlers.items():
                await listener.subscribe(channel, handler)
            yield listener
        finally:
            connection.terminate()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
        raise ListenerLost(type(error).__name__) from error
