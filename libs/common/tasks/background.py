"""Background work of a service: starts with the service, restarts if it ends, stops with it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

import structlog
from prometheus_client import Counter

from libs.common.db.engine import is_unreachable
from libs.common.tasks.process import end_process

Work = Callable[[], Awaitable[None]]
"""A coroutine function that runs until it is cancelled."""

MOST_SHORT_RUNS = 10
"""Work that ends this often in a row, each time within a minute, cannot run in this process."""
_GOOD_RUN_SECONDS = 60.0
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0
_CANCEL_SECONDS = 0.5

_restarts = Counter(
    "moorage_background_restarts_total",
    "Restarts of background work that ended although it must run until the service stops, by the "
    "reason: an outage of the database, or an error",
    ["task", "reason"],
)
_log = structlog.get_logger()


@contextlib.asynccontextmanager
async def running(works: Iterable[Work]) -> AsyncIterator[None]:
    """Run each of ``works`` in its own task while the context is open.

    Work that ends is restarted, with growing pauses, whether it fails, returns, or is cancelled. If
    it ends too often (``MOST_SHORT_RUNS``), it ends the process, so that a new process takes over.
    An unreachable database does not count: a new process cannot reach it either.
    """
    supervised = [_Supervised(work) for work in works]
    tasks = [asyncio.create_task(one.run()) for one in supervised]
    try:
        yield
    finally:
        for one in supervised:
            one.stopping = True
        await _cancel(tasks)


def every(seconds: float, step: Work) -> Work:
    """Return work that runs ``step`` repeatedly and pauses for ``seconds`` before each run."""

    async def run() -> None:
        while True:
            await asyncio.sleep(seconds)
            await step()

    run.__qualname__ = _name(step)
    return run


class _Supervised:
    """Keeps one work running."""

    def __init__(self, work: Work) -> None:
        self.stopping = False
        self._work = work
        self._name = _name(work)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        started, short_runs = loop.time(), 0
        pause: float | None = None
        while True:
            try:
                if pause is not None:
                    await asyncio.sleep(pause)
                started = loop.time()
                await self._work()
                error: BaseException | None = None
            except asyncio.CancelledError as cancelled:
                if self.stopping:
                    raise
                _forget_cancellations()
                error = cancelled
            except Exception as failure:
                error = failure
            if loop.time() - started >= _GOOD_RUN_SECONDS:
                short_runs = 0
            is_outage = error is not None and is_unreachable(error)
            if not is_outage:
                short_runs += 1
            self._report(error, is_outage=is_outage)
            if short_runs >= MOST_SHORT_RUNS:
                end_process("background work cannot run", task=self._name)
                return
            pause = min(_FIRST_PAUSE_SECONDS * 2 ** min(short_runs, 10), _LONGEST_PAUSE_SECONDS)

    def _report(self, error: BaseException | None, *, is_outage: bool) -> None:
        _restarts.labels(self._name, "outage" if is_outage else "error").inc()
        message = "background work ended; restarting it"
        if is_outage:
            _log.warning(message, task=self._name, reason=type(error).__name__)
        else:
            _log.error(message, task=self._name, exc_info=error)


def _name(work: Work) -> str:
    """Return a name of ``work`` for metrics and logs: its own, or that of its function."""
    owner = getattr(work, "__self__", None)
    name = getattr(owner, "name", None) or getattr(work, "__qualname__", type(work).__name__)
    return str(name).replace("<locals>.", "")


def _forget_cancellations() -> None:
    """Make the current task usable after a cancellation: `asyncio.timeout` counts them."""
    task = asyncio.current_task()
    while task is not None and task.cancelling():
        task.uncancel()


async def _cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel ``tasks`` again and again until all have ended: a library can lose a cancellation."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_CANCEL_SECONDS)
