"""A queue for expensive work that serves its sources in turn.

A flood of requests from one source delays that source alone.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class QueueFull(Exception):
    """Too many callers already wait, from this source or in total."""


class FairQueue:
    """Lets ``concurrency`` callers run at a time and admits waiting callers round-robin by source.

    At most ``per_source`` callers of one source wait, and at most ``total`` callers of all sources
    together. Each further caller gets QueueFull.
    """

    def __init__(self, *, concurrency: int, per_source: int, total: int) -> None:
        self._free_slots = concurrency
        self._per_source = per_source
        self._free_places = self._places = total
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def waiting(self) -> int:
        """How many callers wait."""
        return self._places - self._free_places

    @asynccontextmanager
    async def slot(self, source: str) -> AsyncIterator[None]:
        """Wait for a slot and hold it while the context is open.

        Raises:
            QueueFull: too many callers of ``source``, or of all sources, already wait.
        """
        if self._free_slots:
            self._free_slots -= 1
        else:
            await self._wait(source)
        try:
            yield
        finally:
            self._release()

    async def _wait(self, source: str) -> None:
        queue = self._waiting.get(source)
        if self._free_places == 0 or (queue is not None and len(queue) >= self._per_source):
            raise QueueFull
        admitted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(source, deque()).append(admitted)
        self._free_places -= 1
        try:
            await admitted
        except asyncio.CancelledError:
            if admitted.done() and not admitted.cancelled():
                self._release()  # admitted and cancelled in the same turn of the event loop
            raise

    def _release(self) -> None:
        """Pass the slot to the next source in turn, or free it if no caller waits."""
        while self._waiting:
            source, queue = self._waiting.popitem(last=False)
            admitted = queue.popleft()
            self._free_places += 1
            if queue:
                self._waiting[source] = queue
            if not admitted.done():
                admitted.set_result(None)
                return
        self._free_slots += 1
