"""A bounded memory of what was used lately. A list of the least recently used costs more than what it finds (bench/results.md)."""

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class TwoGenerationCache(Generic[K, V]):
    """Two plain dicts: when the newer one is full it becomes the older one, and what was in the older one and not used since is forgotten.

    It holds the ``size`` // 2 that were used last, and at most ``size``. Values are never None.
    """

    def __init__(self, size: int) -> None:
        self._most = max(1, size // 2)
        self._newer: dict[K, V] = {}
        self._older: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """The value of ``key``, which counts as a use."""
        value = self._newer.get(key)
        if value is None:
            value = self._older.get(key)
            if value is not None:
                self[key] = value
        return value

    def __setitem__(self, key: K, value: V) -> None:
        if len(self._newer) >= self._most and key not in self._newer:
            self.turn()
        self._newer[key] = value

    def turn(self) -> None:
        """Forget what was not used since the last turn."""
        self._older, self._newer = self._newer, {}

    def forget(self, key: K) -> None:
        """Forget ``key``, if it is known."""
        self._newer.pop(key, None)
        self._older.pop(key, None)

    def items(self) -> Iterator[tuple[K, V]]:
        """All that is known, in no order."""
        yield from self._newer.items()
        yield from ((key, value) for key, value in self._older.items() if key not in self._newer)
