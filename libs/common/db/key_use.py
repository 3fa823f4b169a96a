"""Tells the auth service which API keys were used: it alone may write that down, and the request does not wait for it."""

import asyncio
import json

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

CHANNEL = "moorage_key_use"
_FLUSH_SECONDS = 1.0
_log = structlog.get_logger()


class KeyUseNotifier:
    """Collects uses in memory, the newest per key, and notifies of them every second."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._uses: dict[str, str] = {}

    def used(self, key_id: object, client_address: str) -> None:
        """The API key was used now, from ``client_address``."""
        self._uses[str(key_id)] = client_address

    async def run(self) -> None:
        """Notify until cancelled."""
        while True:
            await asyncio.sleep(_FLUSH_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Notify of what was collected; what the database cannot take now is kept for the next time."""
        uses, self._uses = self._uses, {}
        if not uses:
            return
        payloads = [json.dumps([key_id, address]) for key_id, address in uses.items()]
        try:
            async with self._engine.begin() as tx:
                each = (
                    sa.func.unnest(sa.cast(payloads, sa.ARRAY(sa.Text)))
                    .table_valued("payload", name="use")
                    .render_derived()
                )
                await tx.execute(sa.select(sa.func.pg_notify(CHANNEL, each.c.payload)))
        except Exception as error:
            self._uses = uses | self._uses
            _log.warning("uses of API keys not told", reason=type(error).__name__)
