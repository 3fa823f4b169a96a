"""Receives notifications of changed access, and reports whether all of them have arrived.

The listener sends itself a heartbeat several times a second. PostgreSQL delivers the notifications
of one connection in the order of the commits, so a heartbeat that returns proves that every change
committed before it has arrived. While heartbeats are missing, cached entries are unconfirmed.
"""

import asyncio
import time
import uuid
from collections.abc import Callable

import structlog
from prometheus_client import Gauge

from libs.common.db.listener import ListenerLost, NotificationListener, listening

CHANNEL = "moorage_access"
LOST_AFTER_SECONDS = 0.5
_HEARTBEAT_SECONDS = 0.15
_RECONNECT_SECONDS = 0.2
_HANG_SECONDS = 1.0
_HEARTBEAT = "beat"
_is_current = Gauge(
    "moorage_auth_invalidation_listener_up",
    "1 while every change of access arrives, 0 while entries are confirmed in the database",
)
_log = structlog.get_logger()


class InvalidationListener:
    """Passes each change, notified as ``kind:key``, to the handler of its kind.

    ``epoch`` rises whenever changes may have been missed: what was read in an earlier epoch is
    unconfirmed. ``last_heartbeat_at`` is a monotonic time.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._handlers: dict[str, Callable[[str], None]] = {}
        self._channels: dict[str, Callable[[str], None]] = {CHANNEL: self._receive}
        self._heartbeat = f"{_HEARTBEAT}:{uuid.uuid4().hex}"
        self._hangs_until = float("-inf")
        self.epoch = 0
        self.last_heartbeat_at = float("-inf")
        _is_current.set_function(lambda: self.is_current)

    def on_change(self, kind: str, handler: Callable[[str], None]) -> None:
        """Call ``handler`` with the key of each change of ``kind``. Call this before ``run``."""
        self._handlers[kind] = handler

    def on_notification(self, channel: str, handler: Callable[[str], None]) -> None:
        """Call ``handler`` with each payload on another ``channel`` of the same connection.

        Call this before ``run``.
        """
        self._channels[channel] = handler

    @property
    def is_current(self) -> bool:
        """Whether every change committed up to half a second ago has arrived."""
        return time.monotonic() - self.last_heartbeat_at < LOST_AFTER_SECONDS

    @property
    def database_hangs(self) -> bool:
        """Whether a read has just timed out, so that the next one must fail without a wait."""
        return not self.is_current and time.monotonic() < self._hangs_until

    def report_hang(self) -> None:
        """Record that a read has timed out."""
        self._hangs_until = time.monotonic() + _HANG_SECONDS

    async def run(self) -> None:
        """Listen until cancelled, and reconnect whenever the connection is lost."""
        while True:
            try:
                async with listening(
                    self._url, self._channels, application_name="auth changes"
                ) as connection:
                    await self._send_heartbeats(connection)
            except ListenerLost as error:
                _log.warning(
                    "invalidation listener lost; cached entries are confirmed in the database",
                    reason=str(error),
                )
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _send_heartbeats(self, connection: NotificationListener) -> None:
        self.epoch += 1  # changes may have been missed before the connection listened
        while True:
            await connection.notify(CHANNEL, self._heartbeat)
            await asyncio.sleep(_HEARTBEAT_SECONDS)

    def _receive(self, payload: str) -> None:
        if payload == self._heartbeat:
            self.last_heartbeat_at = time.monotonic()
            return
        kind, _, key = payload.partition(":")
        handler = self._handlers.get(kind)
        if handler is not None:
            handler(key)
        elif kind != _HEARTBEAT:  # another replica's heartbeat
            _log.error("notification of an unknown kind", kind=kind)
