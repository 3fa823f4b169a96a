"""The gate of writes: answers from memory, which the change link keeps true."""

import asyncio
import time

from libs.common.db.engine import Engine, is_unreachable
from services.auth.cache.listener import InvalidationListener
from services.auth.write_gate.domain import Pause, retry_after
from services.auth.write_gate.queries import find_pause

TRUSTED_SECONDS = 1.0
"""How long after the last heartbeat what is known still counts when the database cannot be asked: ``moorage gc`` waits for longer
than that between refusing writes and collecting."""
_READ_SECONDS = 2.0
_UNKNOWN_RETRY_SECONDS = 2


class WriteGate:
    """Tells which writes may go to the registry now."""

    def __init__(self, engine: Engine, link: InvalidationListener) -> None:
        self._engine = engine
        self._link = link
        self._pause: Pause | None = None
        self._epoch = -1
        self._changes = 0
        self._read_changes = -1
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    def changed(self) -> None:
        """The pause began, changed or ended: it is read again before the next answer."""
        self._changes += 1

    async def retry_after(self, *, method: str, uri: str, authorization: str) -> int | None:
        """In how many seconds a write that is refused may be tried again; None: it may be sent on.

        Where the database cannot be asked for longer than a second, every write is refused: a pause may have begun.
        """
        if not (self._is_current and self._link.alive):
            try:
                await self._read()
            except Exception as error:
                if not is_unreachable(error):
                    raise
                if (
                    not self._is_current
                    or time.monotonic() - self._link.last_heard > TRUSTED_SECONDS
                ):
                    return _UNKNOWN_RETRY_SECONDS
        if self._pause is None:
            return None
        return retry_after(
            self._pause, method=method, uri=uri, authorization=authorization, now=time.monotonic()
        )

    @property
    def _is_current(self) -> bool:
        return self._read_changes == self._changes and self._epoch == self._link.epoch

    async def _read(self) -> None:
        asked = time.monotonic()
        async with self._reading:
            if self._is_current and self._read_at >= asked:
                return  # whoever was before in the queue has read it
            if self._link.hangs:
                raise TimeoutError
            changes, epoch, self._read_at = self._changes, self._link.epoch, time.monotonic()
            try:
                async with asyncio.timeout(_READ_SECONDS), self._engine.connect() as tx:
                    self._pause = await find_pause(tx)
            except TimeoutError:
                self._link.has_hung()
                raise
            self._read_changes, self._epoch = changes, epoch
