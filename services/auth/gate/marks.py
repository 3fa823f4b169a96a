"""The marks of garbage that this replica knows, and the lease under which it may use them.

The sweep deletes no blob until each gate has confirmed that it knows the marks, or its lease has
ended (docs/adr/0021).
"""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from libs.common.db.engine import Engine, autocommit, is_unreachable
from services.auth.cache.listener import InvalidationListener
from services.auth.gate import queries

LEASE_SECONDS = 5.0
_RENEW_SECONDS = 1.0
_RENEW_CALL_SECONDS = 2.0
_LOAD_CALL_SECONDS = 12.0
_MAX_BEHIND_SECONDS = 15.0
_DIGEST_BYTES = 32
_DIGESTS_AT_ONCE = 20_000
_log = structlog.get_logger()


class Marks:
    """Loads the marks whenever they change, and renews the lease while it can.

    ``digests`` has the marked digests, 32 bytes each. Each load replaces the set, so a digest that
    is revived must be discarded from the set in which it was found.
    """

    def __init__(self, engine: Engine, listener: InvalidationListener) -> None:
        self.digests: set[bytes] = set()
        self._engine = engine
        self._listener = listener
        self._id = uuid.uuid4()
        self._generation: int | None = None
        self._epoch = -1
        self._is_changed = False
        self._behind_since: float | None = None
        self._expires_at = float("-inf")
        self._change = asyncio.Event()
        self._loaded = asyncio.Event()
        listener.on_change("garbage", lambda _: self._report_change())

    @property
    def are_current(self) -> bool:
        """Whether this replica holds its lease, so that no sweep deletes what it does not know."""
        return time.monotonic() < self._expires_at

    async def start(self) -> None:
        """Try once to load the marks and to get the lease, before the service gets requests."""
        await self._attempt("marks of garbage not loaded", self._load_changes)
        await self._attempt("lease of the gate not renewed", self._renew)

    async def follow(self) -> None:
        """Load the marks whenever they change, until cancelled."""
        while True:
            self._change.clear()
            await self._attempt("marks of garbage not loaded", self._load_changes)
            await _wait(self._change)

    async def keep_lease(self) -> None:
        """Renew the lease until cancelled, at once after each load."""
        while True:
            self._loaded.clear()
            await self._attempt("lease of the gate not renewed", self._renew)
            await _wait(self._loaded)

    @property
    def _is_behind(self) -> bool:
        return self._generation is None or self._is_changed or self._epoch != self._listener.epoch

    async def _load_changes(self) -> None:
        epoch = self._listener.epoch  # a later change of it needs another load
        if not self._is_behind:
            return
        if self._behind_since is None:
            self._behind_since = time.monotonic()
        self._is_changed = False
        try:
            async with asyncio.timeout(_LOAD_CALL_SECONDS), self._engine.connect() as tx:
                generation, packed = await queries.read_marks(tx)
        except BaseException:
            self._is_changed = True
            raise
        self.digests = await _unpacked(packed)
        self._generation, self._epoch = generation, epoch
        self._behind_since = None
        self._loaded.set()

    async def _renew(self) -> None:
        known, behind_since = self._generation, self._behind_since
        if known is None:
            return
        started = time.monotonic()  # the lease in the database ends later than the one counted here
        if not self.are_current and self._is_behind:
            return  # the sweep may not have waited, so the marks must be loaded first
        if behind_since is not None and started - behind_since > _MAX_BEHIND_SECONDS:
            return  # otherwise, the sweep would wait for a gate that cannot load the marks
        async with asyncio.timeout(_RENEW_CALL_SECONDS), autocommit(self._engine) as tx:
            present = await queries.renew_lease(
                tx,
                gate=self._id,
                known_generation=known,
                lease=timedelta(seconds=LEASE_SECONDS),
            )
        # If there are later marks, they are not swept as long as the lease had no gap.
        if present == known or self.are_current:
            self._expires_at = started + LEASE_SECONDS
        if present != known:
            self._report_change()

    def _report_change(self) -> None:
        self._is_changed = True
        self._change.set()

    async def _attempt(self, failure: str, step: Callable[[], Awaitable[None]]) -> None:
        try:
            await step()
        except Exception as error:
            if is_unreachable(error):
                _log.warning(failure, reason=type(error).__name__)
            else:
                _log.error(failure, exc_info=error)


async def _wait(event: asyncio.Event) -> None:
    """Wait for ``event``, at most until the next renewal is due."""
    try:
        async with asyncio.timeout(_RENEW_SECONDS):
            await event.wait()
    except TimeoutError:
        pass


async def _unpacked(packed: bytes) -> set[bytes]:
    """Return the digests. There can be many, so other requests run after each part."""
    digests: set[bytes] = set()
    step = _DIGESTS_AT_ONCE * _DIGEST_BYTES
    for start in range(0, len(packed), step):
        digests.update(
            packed[place : place + _DIGEST_BYTES]
            for place in range(start, min(start + step, len(packed)), _DIGEST_BYTES)
        )
        await asyncio.sleep(0)
    return digests
