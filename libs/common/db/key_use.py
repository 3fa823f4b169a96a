"""Notifies the auth service of the last use of API keys.

Only the auth service can write its tables. A request does not wait for that write.
"""

import asyncio
import json

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

CHANNEL = "moorage_key_use"
_FLUSH_SECONDS = 1.0
_log = structlog.get_logger()


class KeyUseNotifier:
    """Buffers the last use of each API key and sends the buffer with ``NOTIFY`` every second."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._last_used: dict[str, str] = {}

    def record(self, key_id: object, client_address: str) -> None:
        """Record that a client at ``client_address`` used the API key now."""
        self._last_used[str(key_id)] = client_address

    async def run(self) -> None:
        """Send the buffer every second until cancelled."""
        while True:
            await asyncio.sleep(_FLUSH_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Send the buffer. If the database fails, keep it for the next flush."""
        last_used, self._last_used = self._last_used, {}
        if not last_used:
            return
        payloads = [json.dumps([key_id, address]) for key_id, address in last_used.items()]
        try:
            async with self._engine.begin() as tx:
                notification = (
                    sa.func.unnest(sa.cast(payloads, sa.ARRAY(sa.Text)))
                    .table_valued("payload", name="notification")
                    .render_derived()
                )
                await tx.execute(sa.select(sa.func.pg_notify(CHANNEL, notification.c.payload)))
        except Exception as error:
            self._last_used = last_used | self._last_used
            _log.warning("cannot notify of the use of API keys", reason=type(error).__name__)
