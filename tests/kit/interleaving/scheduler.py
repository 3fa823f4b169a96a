"""Runs product code as processes whose steps a test orders.

A *process* is an asyncio task. It stops at each *point*: before a statement, a commit, a call of
the storage, a rename, and instead of each sleep. The test chooses which point goes on. A statement
that waits for a lock counts as stopped; it goes on when another process has released the lock.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy.util.concurrency import await_only, greenlet_spawn, in_greenlet

T = TypeVar("T")
_current: ContextVar["Process | None"] = ContextVar("current process", default=None)
_STEPPED_MODULES = ("libs.common.storage.", "libs.common.registry.storage")
_LOOK_SECONDS = 0.004


class Killed(BaseException):
    """The process was killed. No code of it runs any more, except to unwind."""


@dataclass(eq=False, slots=True)
class Point:
    """A place where a process has stopped. ``pauses`` are the places in the next statement.

    An ``optional`` point is an event that can happen while the process waits for something else. At
    a point ``inside``, the database has stopped in the statement of the process.
    """

    process: "Process"
    label: str
    pauses: tuple[int, ...]
    is_sleep: bool
    is_optional: bool
    is_inside: bool
    future: "asyncio.Future[int | None]"


@dataclass(eq=False, slots=True)
class Process:
    """A process, with the points at which its tasks have stopped, in the order of their arrival."""

    name: str
    points: list[Point] = field(default_factory=list)
    is_dead: bool = False
    may_fail: bool = False
    waits_for: "Process | None" = None
    task: "asyncio.Task[Any] | None" = None

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
        """Stop until the test lets this point go on. Return the pause that it has chosen."""
        process = _current.get()
        assert process is not None
        if process.is_dead:
            raise Killed
        if self.is_free:
            if is_optional:
                await asyncio.Event().wait()
            await _sleep(0.002 if is_sleep else 0)
            return None
        future: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        point = Point(process, label, pauses, is_sleep, is_optional, is_inside, future)
        process.points.append(point)
        try:
            chosen = await future
        finally:
            process.points.remove(point)
        if process.is_dead:
            raise Killed
        return chosen

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

    async def go_on(self, point: Point, pause: int | None = None) -> None:
        """Let the process go on from ``point``, until all processes have stopped again."""
        suffix = f", and stop inside at {pause}" if pause is not None else ""
        self.log.append(f"{point.process.name}: {point.label}{suffix}")
        point.future.set_result(pause)
        await self.settle()

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
_to_thread = asyncio.to_thread
_rename = Path.rename


@contextmanager
def stepping(
    scheduler: Callable[[], Scheduler], renamed: Callable[[Path, Path], Awaitable[None]]
) -> Iterator[None]:
    """Make points of sleeps, of calls of the storage, and of its renames, in processes only.

    ``renamed`` is called right after a rename.
    """

    async def sleep(delay: float, result: Any = None) -> Any:
        process = _current.get()
        if process is None or delay == 0:
            return await _sleep(delay, result)
        await scheduler().point(f"sleeps for {delay:g} s", is_sleep=True)
        return result

    async def to_thread(function: Callable[..., T], *given: Any, **named: Any) -> T:
        if _current.get() is None:
            return await _to_thread(function, *given, **named)
        if function.__module__.startswith(_STEPPED_MODULES):
            await scheduler().point(f"storage: {function.__name__.strip('_')}")
        called: T = await greenlet_spawn(function, *given, **named)
        return called

    def rename(self: Path, target: Path) -> Path:
        if _current.get() is None or not in_greenlet():
            return _rename(self, target)
        await_only(scheduler().point(f"renames {self.name[:8]} to {target.parent.name[:8]}"))
        result = _rename(self, target)
        await_only(renamed(self, target))
        return result

    changed: Any = asyncio
    path: Any = Path
    changed.sleep, changed.to_thread, path.rename = sleep, to_thread, rename
    try:
        yield
    finally:
        changed.sleep, changed.to_thread, path.rename = _sleep, _to_thread, _rename
