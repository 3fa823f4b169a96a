"""Runs product code as processes whose steps a test orders.

A *process* is an asyncio task. It can stop at each *point*: before a statement, a commit, a call of
the storage, a rename, and instead of each sleep. One process runs at a time, until it reaches the
stop that the test has chosen. A statement that waits for a lock counts as stopped; it goes on when
another process has released the lock, and its process then stops at the next point.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
_current: ContextVar["Process | None"] = ContextVar("current process", default=None)
_LOOK_SECONDS = 0.006
_MOST_SLEEPS = 3
"""How often a process that waits for others looks again in one run."""


class Killed(BaseException):
    """The process was killed. No code of it runs any more, except to unwind."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The end of a run: before the point ``label``, if the point before it was ``after``.

    Both are prefixes. ``times`` counts such points. With ``inside``, the statement of the point
    begins, and stops at one of its pauses, counted from the last one.
    """

    label: str
    after: str = ""
    times: int = 1
    inside: int | None = None


@dataclass(eq=False, slots=True)
class Point:
    """A place where a process has stopped.

    An ``optional`` point is an event that can happen while the process waits for something else. At
    a point ``inside``, the database has stopped in the statement of the process.
    """

    process: "Process"
    label: str
    is_sleep: bool
    is_optional: bool
    is_inside: bool
    future: "asyncio.Future[None]"


@dataclass(eq=False, slots=True)
class _Run:
    """A process that goes on until it reaches ``stop``, or to its end."""

    stop: Stop | None
    before: str = ""
    times: int = 0

    def reaches(self, label: str) -> bool:
        stop, before, self.before = self.stop, self.before, label
        if stop is None or not label.startswith(stop.label) or not before.startswith(stop.after):
            return False
        self.times += 1
        return self.times == stop.times


@dataclass(eq=False, slots=True)
class Process:
    """A process, with the points at which its tasks have stopped, in the order of their arrival."""

    name: str
    points: list[Point] = field(default_factory=list)
    is_dead: bool = False
    may_fail: bool = False
    caller: "Process | None" = None
    waits_for: "Process | None" = None
    run: "_Run | None" = None
    task: "asyncio.Task[Any] | None" = None

    @property
    def first(self) -> "Process":
        """Return the process that waits for the answer of this one, or this one."""
        caller = self.caller
        waits = caller is not None and not caller.is_dead and caller.waits_for is self
        return caller.first if caller is not None and waits else self

    @property
    def is_running(self) -> bool:
        """Return whether the process has not ended."""
        return self.task is not None and not self.task.done()


class Locks(Protocol):
    """Finds out which database sessions wait for a lock."""

    async def are_blocked(self, sessions: list[int]) -> bool:
        """Return whether all of these sessions wait for other ones."""


class Scheduler:
    """The processes of one interleaving, and a log of their steps."""

    def __init__(self, locks: Locks) -> None:
        self.processes: list[Process] = []
        self.log: list[str] = []
        self.failures: list[str] = []
        self.is_free = False
        """True while points do not stop a process: what happens is not part of the test."""
        self._locks = locks
        self._busy: dict[object, int | None] = {}
        self._changed = asyncio.Event()

    def start(self, name: str, run: Callable[[], Coroutine[Any, Any, None]]) -> Process:
        """Start a process. It runs to its first point as soon as the loop is free."""
        process = Process(name)

        async def body() -> None:
            _current.set(process)
            try:
                await run()
            except Killed:
                self.log.append(f"{name}: is gone")
            except Exception as error:
                if not process.is_dead and not process.may_fail:
                    self.failures.append(f"{name}: {type(error).__name__}: {error}")
                    raise

        process.task = asyncio.get_running_loop().create_task(body())
        process.task.add_done_callback(_retrieve)
        self.processes.append(process)
        return process

    def kill(self, process: Process) -> None:
        """Kill a process. A statement that it has sent still runs to its end."""
        self.log.append(f"{process.name}: KILLED")
        process.is_dead = True
        for point in list(process.points):
            if not point.future.done() and not point.is_inside:
                point.future.set_exception(Killed())

    async def point(
        self,
        label: str,
        *,
        pauses: tuple[int, ...] = (),
        is_sleep: bool = False,
        is_optional: bool = False,
        is_inside: bool = False,
    ) -> int | None:
        """Stop here, unless the process runs to another stop.

        Returns the one of the ``pauses`` at which the next statement stops, or None.
        """
        process = _current.get()
        assert process is not None
        if process.is_dead:
            raise Killed
        if self.is_free:
            if is_optional:
                await asyncio.Event().wait()
            await _sleep(0.002 if is_sleep else 0)
            return None
        first = process.first
        if first.run is not None and not (is_sleep or is_optional or is_inside):
            stop = first.run.stop
            is_reached = first.run.reaches(label)
            if is_reached:
                first.run = None
            if not is_reached or (pauses and stop is not None and stop.inside is not None):
                self.log.append(f"{process.name}: {label}")
                await _sleep(0)
                if not is_reached or stop is None or stop.inside is None:
                    return None
                return pauses[-1 - stop.inside % len(pauses)]
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        point = Point(process, label, is_sleep, is_optional, is_inside, future)
        process.points.append(point)
        try:
            await future
        finally:
            process.points.remove(point)
        if process.is_dead:
            raise Killed
        return None

    @asynccontextmanager
    async def busy(self, session: int | None = None) -> AsyncIterator[None]:
        """Mark that an answer is on its way: the steps of the test wait for it."""
        key = object()
        self._busy[key] = session
        try:
            yield
        finally:
            del self._busy[key]
            self._changed.set()

    async def run(self, process: Process, stop: Stop | None = None) -> None:
        """Let a process go on to ``stop``; without one, to its end, or until it waits for others.

        Requests whose answers it waits for go on with it.
        """
        run = process.run = _Run(stop)
        for _ in range(_MOST_SLEEPS + 1):
            points = self._points_of(process)
            awake = [one for one in points if not one.is_sleep]
            for point in awake or points[:1]:
                run.before = point.label
                self.log.append(f"{point.process.name}: {point.label}")
                if not point.future.done():
                    point.future.set_result(None)
            await self.settle()
            if process.run is None or not process.is_running or not self._points_of(process):
                break
        process.run = None

    def _points_of(self, process: Process) -> list[Point]:
        """Return the points at which a process and its requests have stopped."""
        return [
            point
            for one in self.processes
            if one.first is process
            for point in one.points
            if not point.is_optional
        ]

    async def settle(self) -> None:
        """Wait until all processes have stopped, have ended, or wait for a lock."""
        loop: Any = asyncio.get_running_loop()
        wait = _LOOK_SECONDS
        while True:
            await _sleep(0)
            while loop._ready:
                await _sleep(0)
            if not self._busy:
                return
            self._changed.clear()
            try:
                async with asyncio.timeout(wait):
                    await self._changed.wait()
            except TimeoutError:
                wait = min(wait * 2, 0.1)
                sessions = [one for one in self._busy.values() if one is not None]
                if len(sessions) == len(self._busy) and await self._locks.are_blocked(sessions):
                    return

    async def release(self, points: list[Point]) -> None:
        """Let all of these points go on, without a line in the log."""
        for point in points:
            if not point.future.done():
                point.future.set_result(None)
        await self.settle()


def current_process() -> Process | None:
    """Return the process whose code runs, or None in the test itself."""
    return _current.get()


def _retrieve(task: "asyncio.Task[None]") -> None:
    if not task.cancelled():
        task.exception()


_sleep = asyncio.sleep
