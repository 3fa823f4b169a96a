"""A bounded cache of database reads, confirmed by the invalidation listener."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from libs.common.db.engine import is_unreachable
from libs.common.web.errors import DatabaseUnavailable
from services.auth.cache.listener import InvalidationListener
from services.auth.cache.metrics import CACHES
from services.auth.cache.two_generation import TwoGenerationCache

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

FRESH_SECONDS = 60.0
OUTAGE_SECONDS = 60.0
_READ_SECONDS = 2.0


@dataclass(slots=True)
class _Entry(Generic[V]):
    """A value with the listener's epoch and the monotonic time of its read."""

    value: V
    epoch: int
    read_at: float


@dataclass(slots=True, eq=False)
class _Read(Generic[K, V]):
    """A running query for some keys. The values of ``invalidated`` keys must not be cached."""

    task: "asyncio.Task[Mapping[K, V]] | None" = None
    invalidated: set[K] = field(default_factory=set)


class ConfirmedCache(Generic[K, V]):
    """Returns cached values while ``listener`` confirms them, and calls ``read`` for all others.

    ``read`` must return a value for every key, so that absence is cached too. Concurrent callers
    of one key share one read. Only while the database is unreachable does the cache return
    unconfirmed values, for at most 60 s after their last confirmation (spec 2.8). After that it
    raises DatabaseUnavailable.
    """

    def __init__(
        self,
        listener: InvalidationListener,
        read: Callable[[Collection[K]], Awaitable[Mapping[K, V]]],
        *,
        name: str,
        size: int,
    ) -> None:
        """Create a cache of ``size`` entries, which metrics show as ``name``."""
        self.hits = 0
        self.misses = 0
        CACHES.watch(self, name=name)
        self._listener = listener
        self._read = read
        self._entries: TwoGenerationCache[K, _Entry[V]] = TwoGenerationCache(size)
        self._reads: dict[K, _Read[K, V]] = {}

    def peek(self, key: K) -> V | None:
        """Return the cached value if it is confirmed, or None if ``get`` must read it."""
        entry = self._entries.get(key)
        listener = self._listener
        if (
            entry is None
            or entry.epoch != listener.epoch
            or not listener.is_current
            or time.monotonic() - entry.read_at > FRESH_SECONDS
        ):
            return None
        self.hits += 1
        return entry.value

    async def get(self, key: K) -> V:
        """Return the value of ``key``.

        Raises:
            DatabaseUnavailable: the value is not cached, and the database is unreachable.
        """
        value = self.peek(key)
        return (await self.get_many([key]))[key] if value is None else value

    async def get_many(self, keys: Collection[K]) -> dict[K, V]:
        """Return the values of ``keys``; one query reads those that are not cached.

        Raises:
            DatabaseUnavailable: a value is not cached, and the database is unreachable.
        """
        found = {key: value for key in keys if (value := self.peek(key)) is not None}
        if len(found) == len(keys):
            return found
        missing = [key for key in keys if key not in found]
        self.misses += len(missing)
        for key, read in self._join_reads(missing).items():
            assert read.task is not None
            try:
                found[key] = (await asyncio.shield(read.task))[key]
            except Exception as error:
                if not is_unreachable(error):
                    raise
                found[key] = self._get_unconfirmed(key, error)
        return found

    def invalidate(self, key: K) -> None:
        """Discard ``key`` because its object has changed; a running read of it is not cached."""
        self._entries.discard(key)
        read = self._reads.get(key)
        if read is not None:
            read.invalidated.add(key)

    def invalidate_where(self, matches: Callable[[K, V | None], bool]) -> None:
        """Invalidate every entry that ``matches``. The value of a running read is None."""
        running = [key for key in self._reads if matches(key, None)]
        cached = [key for key, entry in self._entries.items() if matches(key, entry.value)]
        for key in [*running, *cached]:
            self.invalidate(key)

    def _join_reads(self, keys: Collection[K]) -> dict[K, _Read[K, V]]:
        """Return for each key a running read that is valid, or one new read for all the rest."""
        joined = {
            key: read
            for key in keys
            if (read := self._reads.get(key)) is not None and key not in read.invalidated
        }
        new = [key for key in keys if key not in joined]
        if new:
            read = _Read[K, V]()
            read.task = asyncio.create_task(self._run_read(read, new))
            for key in new:
                joined[key] = self._reads[key] = read
        return joined

    async def _run_read(self, read: _Read[K, V], keys: list[K]) -> Mapping[K, V]:
        epoch, started_at = self._listener.epoch, time.monotonic()
        try:
            values = await self._read_in_time(keys)
            for key in keys:
                if key not in read.invalidated:
                    self._entries[key] = _Entry(values[key], epoch, started_at)
            return values
        finally:
            for key in keys:
                if self._reads.get(key) is read:
                    del self._reads[key]

    async def _read_in_time(self, keys: Collection[K]) -> Mapping[K, V]:
        if self._listener.database_hangs:
            raise TimeoutError
        try:
            async with asyncio.timeout(_READ_SECONDS):
                return await self._read(keys)
        except TimeoutError:
            self._listener.report_hang()
            raise

    def _get_unconfirmed(self, key: K, error: Exception) -> V:
        entry = self._entries.get(key)
        if entry is None:
            raise DatabaseUnavailable from error
        confirmed_at = (
            max(entry.read_at, self._listener.last_heartbeat_at)
            if entry.epoch == self._listener.epoch
            else entry.read_at
        )
        if time.monotonic() - confirmed_at > OUTAGE_SECONDS:
            raise DatabaseUnavailable from error
        return entry.value
