"""A bounded memory of what the database said, confirmed by the change link, read by one caller at a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from libs.common.db.engine import is_unreachable
from libs.common.web.errors import DatabaseUnavailable
from services.auth.cache.listener import InvalidationListener
from services.auth.cache.two_generation import TwoGenerationCache

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

FRESH_SECONDS = 60.0
OUTAGE_SECONDS = 60.0
_READ_SECONDS = 2.0


@dataclass(slots=True)
class _Entry(Generic[V]):
    value: V
    epoch: int
    read_at: float


@dataclass(slots=True, eq=False)
class _Read(Generic[K, V]):
    """A query under way for some keys; ``outdated`` are those that changed meanwhile, whose values must not be kept."""

    task: "asyncio.Task[Mapping[K, V]] | None" = None
    outdated: set[K] = field(default_factory=set)


class ConfirmedCache(Generic[K, V]):
    """Answers from memory while ``link`` confirms it, else asks ``read(keys)`` (once, however many wait for a key).

    ``read`` gives a value for every key: what does not exist is remembered too. Only when the database cannot be reached does an
    entry serve on, until 60 s after it was last known to be true (spec 2.8); then DatabaseUnavailable is raised.
    """

    def __init__(
        self,
        link: InvalidationListener,
        read: Callable[[Collection[K]], Awaitable[Mapping[K, V]]],
        *,
        size: int,
    ) -> None:
        self._link = link
        self._ask = read
        self._entries: TwoGenerationCache[K, _Entry[V]] = TwoGenerationCache(size)
        self._reads: dict[K, _Read[K, V]] = {}

    def known(self, key: K) -> V | None:
        """The value if it can be used as it is, without waiting; None when it must be asked for with ``get``."""
        entry = self._entries.get(key)
        link = self._link
        if (
            entry is None
            or entry.epoch != link.epoch
            or not link.alive
            or time.monotonic() - entry.read_at > FRESH_SECONDS
        ):
            return None
        return entry.value

    async def get(self, key: K) -> V:
        """The value of ``key``. Raises DatabaseUnavailable."""
        value = self.known(key)
        return (await self.get_many([key]))[key] if value is None else value

    async def get_many(self, keys: Collection[K]) -> dict[K, V]:
        """The values of ``keys``, with one query for those that are not known. Raises DatabaseUnavailable."""
        found = {key: value for key in keys if (value := self.known(key)) is not None}
        if len(found) == len(keys):
            return found
        missing = [key for key in keys if key not in found]
        for key, read in self._join(missing).items():
            assert read.task is not None
            try:
                found[key] = (await asyncio.shield(read.task))[key]
            except Exception as error:
                if not is_unreachable(error):
                    raise
                found[key] = self._in_outage(key, error)
        return found

    def _join(self, keys: Collection[K]) -> dict[K, _Read[K, V]]:
        """For each key the read to wait for: one that is under way and still true, or a new one for all the others."""
        joined = {
            key: read
            for key in keys
            if (read := self._reads.get(key)) is not None and key not in read.outdated
        }
        new = [key for key in keys if key not in joined]
        if new:
            read = _Read[K, V]()
            read.task = asyncio.create_task(self._run(read, new))
            for key in new:
                joined[key] = self._reads[key] = read
        return joined

    async def _run(self, read: _Read[K, V], keys: list[K]) -> Mapping[K, V]:
        epoch, started = self._link.epoch, time.monotonic()
        try:
            values = await self._ask_in_time(keys)
            for key in keys:
                if key not in read.outdated:
                    self._entries[key] = _Entry(values[key], epoch, started)
            return values
        finally:
            for key in keys:
                if self._reads.get(key) is read:
                    del self._reads[key]

    async def _ask_in_time(self, keys: Collection[K]) -> Mapping[K, V]:
        if self._link.hangs:
            raise TimeoutError
        try:
            async with asyncio.timeout(_READ_SECONDS):
                return await self._ask(keys)
        except TimeoutError:
            self._link.has_hung()
            raise

    def _in_outage(self, key: K, error: Exception) -> V:
        entry = self._entries.get(key)
        if entry is None:
            raise DatabaseUnavailable from error
        confirmed = (
            max(entry.read_at, self._link.last_heard)
            if entry.epoch == self._link.epoch
            else entry.read_at
        )
        if time.monotonic() - confirmed > OUTAGE_SECONDS:
            raise DatabaseUnavailable from error
        return entry.value

    def forget(self, key: K) -> None:
        """The object of ``key`` has changed: the next caller reads it again, and a read under way is not kept."""
        self._entries.forget(key)
        read = self._reads.get(key)
        if read is not None:
            read.outdated.add(key)

    def forget_where(self, matches: Callable[[K, V | None], bool]) -> None:
        """Forget every entry, and every read under way (whose value is None), that ``matches``."""
        under_way = [key for key in self._reads if matches(key, None)]
        remembered = [key for key, entry in self._entries.items() if matches(key, entry.value)]
        for key in [*under_way, *remembered]:
            self.forget(key)
