"""Whose password is checked next: sources take turns, so that a flood from one address delays that address alone."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class QueueFull(Exception):
    """Too many wait already, from this source or in all."""


class FairQueue:
    """``at_once`` may go at a time; of those who wait, one of each source goes in turn.

    At most ``per_source`` wait from one source and ``in_all`` together: beyond that QueueFull is raised.
    """

    def __init__(self, *, at_once: int, per_source: int, in_all: int) -> None:
        self._free = at_once
        self._per_source = per_source
        self._places = in_all
        self._queues: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, source: str) -> AsyncIterator[None]:
        """Wait for a turn of ``source`` and hold it. Raises QueueFull."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(source)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, source: str) -> None:
        queue = self._queues.get(source)
        if self._places == 0 or (queue is not None and len(queue) >= self._per_source):
            raise QueueFull
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(source, deque()).append(called)
        self._places -= 1
        try:
            await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():
                self._pass_on()  # called in the moment of leaving
            raise

    def _pass_on(self) -> None:
        while self._queues:
            source, queue = self._queues.popitem(last=False)
            called = queue.popleft()
            self._places += 1
            if queue:
                self._queues[source] = queue
            if not called.done():
                called.set_result(None)
                return
        self._free += 1
