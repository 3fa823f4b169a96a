"""A bounded cache that keeps the entries used last.

An exact least-recently-used list costs more time than its hits save (bench/results.md).
"""

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class TwoGenerationCache(Generic[K, V]):
    """Two plain dicts, a newer and an older generation.

    When the newer one is full, it replaces the older one, whose unused entries are discarded. The
    cache keeps at least the ``size`` // 2 entries used last, and at most ``size``. A value is
    never None.
    """

    def __init__(self, size: int) -> None:
        self._generation_size = max(1, size // 2)
        self._newer: dict[K, V] = {}
        self._older: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """Return the value of ``key``, or None. Counts as a use."""
        value = self._newer.get(key)
        if value is None:
            value = self._older.get(key)
            if value is not None:
                self[key] = value
        return value

    def __setitem__(self, key: K, value: V) -> None:
        """Store ``value`` in the newer generation."""
        if len(self._newer) >= self._generation_size and key not in self._newer:
            self.rotate()
        self._newer[key] = value

    def rotate(self) -> None:
        """Discard every entry that was not used since the last rotation."""
        self._older, self._newer = self._newer, {}

    def discard(self, key: K) -> None:
        """Remove ``key`` if it is cached."""
        self._newer.pop(key, None)
        self._older.pop(key, None)

    def items(self) -> Iterator[tuple[K, V]]:
        """Yield every entry, in no particular order."""
        yield from self._newer.items()
        yield from ((key, value) for key, value in self._older.items() if key not in self._newer)
