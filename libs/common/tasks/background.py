"""Background work of a service: started beside the requests, restarted when it fails, ended with the service."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

import structlog

Work = Callable[[], Awaitable[None]]
"""Runs until it is cancelled."""

_RESTART_SECONDS = 1.0
_CANCEL_SECONDS = 0.5
_log = structlog.get_logger()


@contextlib.asynccontextmanager
async def running(works: Iterable[Work]) -> AsyncIterator[None]:
    """Run each of ``works`` in a task of its own while the context is open."""
    tasks = [asyncio.create_task(_keep_running(work)) for work in works]
    try:
        yield
    finally:
        await _cancel(tasks)


def every(seconds: float, step: Work) -> Work:
    """Work that waits ``seconds`` and then runs ``step``, again and again."""

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
            _log.exception("background work failed and restarts")
        await asyncio.sleep(_RESTART_SECONDS)


async def _cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel ``tasks`` until all have ended: a library can lose a cancellation."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_CANCEL_SECONDS)
