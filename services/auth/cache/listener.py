"""The connection on which PostgreSQL tells this replica of changed access, and whether it can be relied on.

The replica notifies itself a few times a second. Notifications of one connection come in commit order, so a heartbeat that has come back
proves that every change committed before it was heard. While it is missing, what is remembered is unconfirmed.
"""

import asyncio
import time
import uuid
from collections.abc import Callable

import asyncpg
import structlog

from libs.common.db.key_use import CHANNEL as KEY_USE_CHANNEL

CHANNEL = "moorage_access"
LOST_AFTER_SECONDS = 0.5
_BEAT_SECONDS = 0.15
_RECONNECT_SECONDS = 0.2
_HANG_SECONDS = 1.0
_log = structlog.get_logger()


class InvalidationListener:
    """Listens for changes; ``on_change`` gets each payload. ``epoch`` rises whenever changes may have been missed.

    ``on_key_use`` gets what the other services tell of API keys on the same connection.
    """

    def __init__(
        self, url: str, on_change: Callable[[str], None], on_key_use: Callable[[str], None]
    ) -> None:
        self._url = url
        self._on_change = on_change
        self._on_key_use = on_key_use
        self._beat = f"beat:{uuid.uuid4().hex}"
        self.epoch = 0
        self.last_heard = float("-inf")
        self._hangs_until = float("-inf")

    @property
    def hangs(self) -> bool:
        """Whether the database has just let a read wait in vain, so that the next one need not wait as long."""
        return not self.alive and time.monotonic() < self._hangs_until

    def has_hung(self) -> None:
        """A read has waited in vain."""
        self._hangs_until = time.monotonic() + _HANG_SECONDS

    @property
    def alive(self) -> bool:
        """Whether every change committed up to half a second ago is known to have been heard."""
        return time.monotonic() - self.last_heard < LOST_AFTER_SECONDS

    async def run(self) -> None:
        """Keep listening until cancelled, connecting again whenever the connection is lost."""
        while True:
            try:
                await self._listen()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                _log.warning(
                    "access changes are not heard; what is remembered is read again",
                    reason=type(error).__name__,
                )
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _listen(self) -> None:
        connection = await asyncpg.connect(
            self._url, timeout=2, server_settings={"application_name": "auth changes"}
        )
        try:
            await connection.add_listener(CHANNEL, self._heard)
            await connection.add_listener(KEY_USE_CHANNEL, self._heard_key_use)
            self.epoch += 1  # what was remembered before this moment may have changed unheard
            while True:
                await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, self._beat, timeout=2)
                await asyncio.sleep(_BEAT_SECONDS)
        finally:
            connection.terminate()

    def _heard(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        if payload == self._beat:
            self.last_heard = time.monotonic()
        elif isinstance(payload, str) and not payload.startswith("beat:"):
            self._on_change(payload)

    def _heard_key_use(
        self, _connection: object, _pid: int, _channel: str, payload: object
    ) -> None:
        self._on_key_use(str(payload))
