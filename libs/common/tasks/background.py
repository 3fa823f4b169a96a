"""Background work of a service: starts with the service, restarts if it fails, stops with it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

import structlog

Work = Callable[[], Awaitable[None]]
"""A coroutine function that runs until it is cancelled."""

_RESTART_SECONDS = 1.0
_CANCEL_SECONDS = 0.5
_log = structlog.get_logger()


@contextlib.asynccontextmanager
async def running(works: Iterable[Work]) -> AsyncIterator[None]:
    """Run each of ``works`` in its own task while the context is open."""
    tasks = [asyncio.create_task(_keep_running(work)) for work in works]
    try:
        yield
    finally:
        await _cancel(tasks)


def every(seconds: float, step: Work) -> Work:
    """Return work that runs ``step`` repeatedly and pauses for ``seconds`` before each run."""

    async def run() -> None:
        while True:
            await asyncio.sleep(seconds)
            await step()

    return run


async def _keep_running(work: Work) -> None:
    while True:
        try:
            await work()
        except Exception:
            _log.exception("background work failed, restarting")
        await asyncio.sleep(_RESTART_SECONDS)


async def _cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel ``tasks`` again and again until all have ended: a library can lose a cancellation."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_CANCEL_SECONDS)
