"""Hold the lease of an intent while the registry or the storage is called.

A process can be stopped, and go on when another one has taken over its intent. So each call that
destroys something follows this order: sign, check the lease, send. The signature expires before the
lease can end. When another process takes over, all calls of the former one have ended.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from math import inf

from libs.common.db.engine import Engine, Tx
from libs.common.registry.errors import RegistryUnavailable
from services.catalog.intents import queries
from services.catalog.intents.domain import Intent

_FRESH_SECONDS = 2.0
"""A lease is not renewed again within this time. It is added to the time that a token is valid."""
_RENEW_SECONDS = 4.0


class LeaseLost(RegistryUnavailable):
    """Another process has taken over the intent, or has resolved it."""


class Lease:
    """The right of this process to carry out an intent."""

    def __init__(self, engine: Engine, id: int, until: datetime, *, taken_at: float = -inf) -> None:
        """``taken_at`` is the monotonic time right before the lease was taken, if it is known."""
        self._engine = engine
        self._id = id
        self._until = until
        self._renewed_at = taken_at
        self._renewing = asyncio.Lock()

    @property
    def version(self) -> tuple[int, datetime]:
        """The id of the intent, and when the lease ends if no other process has taken it."""
        return self._id, self._until

    async def check(self) -> None:
        """Return if the lease lasts long enough for a request that is already signed.

        Raises:
            LeaseLost: it does not. The request must not be sent.
        """
        async with self._renewing:
            now = time.monotonic()
            if now - self._renewed_at < _FRESH_SECONDS:
                return
            async with self._engine.begin() as tx:
                until = await queries.extend_lease(tx, id=self._id, until=self._until)
            if until is None:
                raise LeaseLost("another process has taken over the change")
            self._until, self._renewed_at = until, now

    async def resolve(self, tx: Tx) -> bool:
        """Mark the intent as resolved. Return False if another process has it or has resolved it.

        The other process can have sent a request that is still on its way.
        """
        return await queries.resolve(tx, id=self._id, until=self._until)

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Renew the lease again and again. A failure is found by the next check."""
        renewing = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            renewing.cancel()
            with suppress(asyncio.CancelledError):
                await renewing

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            with suppress(Exception):
                await self.check()


def lease_of(intent: Intent, engine: Engine) -> Lease:
    """Return the lease on an intent that this process has inserted or taken over."""
    assert intent.leased_until is not None
    return Lease(engine, intent.id, intent.leased_until)
