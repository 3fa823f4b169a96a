"""Lets product code stop at its sleeps, its calls of the storage, and its renames."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.util.concurrency import await_only, greenlet_spawn, in_greenlet

from tests.kit.interleaving.scheduler import Scheduler, current_process

T = TypeVar("T")
_STEPPED_MODULES = ("libs.common.storage.", "libs.common.registry.storage")
_sleep = asyncio.sleep
_to_thread = asyncio.to_thread
_rename = Path.rename


class Immediately(Executor):
    """Runs functions at once, so that no step of a process ends after it has stopped."""

    def submit(self, function: Callable[..., T], /, *given: Any, **named: Any) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(function(*given, **named))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def stepping(
    scheduler: Callable[[], Scheduler], renamed: Callable[[Path, Path], Awaitable[None]]
) -> Iterator[None]:
    """Make points of sleeps, of calls of the storage, and of its renames, in processes only.

    ``renamed`` is called right after a rename.
    """

    async def sleep(delay: float, result: Any = None) -> Any:
        process = current_process()
        if process is None or delay == 0:
            return await _sleep(delay, result)
        await scheduler().point(f"sleeps for {delay:g} s", is_sleep=True)
        return result

    async def to_thread(function: Callable[..., T], *given: Any, **named: Any) -> T:
        if current_process() is None:
            return await _to_thread(function, *given, **named)
        if function.__module__.startswith(_STEPPED_MODULES):
            await scheduler().point(f"storage: {function.__name__.strip('_')}")
        called: T = await greenlet_spawn(function, *given, **named)
        return called

    def rename(self: Path, target: Path) -> Path:
        if current_process() is None or not in_greenlet():
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
