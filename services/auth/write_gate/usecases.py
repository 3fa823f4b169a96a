"""Decides whether the gateway may send a write to the registry.

It reads a cached pause and the last measurement of free space.
"""

import asyncio
import time

from libs.common.db.engine import Engine, is_unreachable
from libs.common.disk import FreeSpace
from services.auth.cache.listener import InvalidationListener
from services.auth.write_gate.domain import (
    TRUSTED_SECONDS,
    UNREACHABLE_RETRY_SECONDS,
    Pause,
    Reason,
    Refusal,
    refuse_for_disk,
    retry_after,
)
from services.auth.write_gate.queries import find_pause

_READ_SECONDS = 2.0


class WriteGate:
    """Caches the current pause of writes, invalidated by ``listener``."""

    def __init__(
        self, engine: Engine, listener: InvalidationListener, free_space: FreeSpace
    ) -> None:
        self._engine = engine
        self._free_space = free_space
        self._listener = listener
        self._pause: Pause | None = None
        self._changes = 0
        self._read_changes = -1
        self._read_epoch = -1
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()
        listener.on_change("writes", self._invalidate)

    async def find_refusal(self, *, method: str, uri: str, authorization: str) -> Refusal | None:
        """Return the refusal of a write, or None if it is allowed.

        While a disk is nearly full, uploads and manifests are refused; deletions go on. If the
        database is unreachable for more than a second, every write is refused, because a pause may
        have begun.
        """
        if self._free_space.low_disk is not None and (refusal := refuse_for_disk(method)):
            return refusal
        seconds = await self._retry_after(method=method, uri=uri, authorization=authorization)
        return None if seconds is None else Refusal(seconds, Reason.PAUSED)

    async def _retry_after(self, *, method: str, uri: str, authorization: str) -> int | None:
        if not (self._is_current and self._listener.is_current):
            try:
                await self._read()
            except Exception as error:
                if not is_unreachable(error):
                    raise
                silence = time.monotonic() - self._listener.last_heartbeat_at
                if not self._is_current or silence > TRUSTED_SECONDS:
                    return UNREACHABLE_RETRY_SECONDS
        if self._pause is None:
            return None
        return retry_after(
            self._pause, method=method, uri=uri, authorization=authorization, now=time.monotonic()
        )

    def _invalidate(self, _key: str) -> None:
        self._changes += 1

    @property
    def _is_current(self) -> bool:
        return self._read_changes == self._changes and self._read_epoch == self._listener.epoch

    async def _read(self) -> None:
        called_at = time.monotonic()
        async with self._reading:
            if self._is_current and self._read_at >= called_at:
                return  # another caller has read it while this one waited for the lock
            if self._listener.database_hangs:
                raise TimeoutError
            changes, epoch = self._changes, self._listener.epoch
            self._read_at = time.monotonic()
            try:
                async with asyncio.timeout(_READ_SECONDS), self._engine.connect() as tx:
                    self._pause = await find_pause(tx)
            except TimeoutError:
                self._listener.report_hang()
                raise
            self._read_changes, self._read_epoch = changes, epoch
