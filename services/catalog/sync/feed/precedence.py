"""Lets the follower go first: a delayed repository with many images must not slow down the others.

Both workers run in one process, so each request of one takes processor time from the other.
"""

import asyncio
import contextlib
from collections.abc import Iterator

_LONGEST_WAIT_SECONDS = 0.1
"""The others go on slowly, even if the follower never pauses."""


class Precedence:
    """Tells the worker of delayed repositories when the follower works."""

    def __init__(self) -> None:
        self._working = 0
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    @contextlib.contextmanager
    def first(self) -> Iterator[None]:
        """Let callers of `give_way` wait until the block ends."""
        self._working += 1
        self._is_idle.clear()
        try:
            yield
        finally:
            self._working -= 1
            if not self._working:
                self._is_idle.set()

    async def give_way(self) -> None:
        """Wait while somebody goes first, for at most a tenth of a second."""
        if self._is_idle.is_set():
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_WAIT_SECONDS):
                await self._is_idle.wait()
