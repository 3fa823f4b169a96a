"""Background work that one replica at a time does, woken by ``NOTIFY`` or by a timer."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import asyncpg
import structlog
from prometheus_client import Counter

from libs.common.tasks.process import end_process

STEP_SECONDS = 600.0
"""Default limit of one step. Each request and statement of a step has a shorter limit."""

_failed_steps = Counter(
    "moorage_worker_failed_steps_total",
    "Steps of background workers that failed, or that exceeded their time limit",
    ["worker"],
)
_log = structlog.get_logger()
_CONNECT_SECONDS = 2.0
_RETRY_SECONDS = 0.5
_STANDBY_SECONDS = 1.0
_CANCEL_SECONDS = 30.0
_REPEAT_CANCEL_SECONDS = 0.5

Step = Callable[[], Awaitable[float]]
"""Does one piece of work and returns the longest pause before the next one, in seconds.

A notification shortens the pause. 0 means that the next step runs at once.
"""


class LeaderWorker:
    """Runs ``step`` again and again while it holds the advisory lock ``name``.

    The lock ends with its database connection; then another replica takes over. Standby replicas
    try to take the lock once per second. They do not block on it, because a blocked statement
    would hold back vacuum. A replica notices a lost connection late, so a step must be safe while
    two replicas run it.

    A step that takes longer than its limit is cancelled, and the next one begins. A step that does
    not end even then holds whatever it waits for, so the worker ends the process.
    """

    def __init__(
        self,
        *,
        name: str,
        application_name: str,
        database_url: str,
        channel: str,
        step: Step,
        step_seconds: float = STEP_SECONDS,
        gather_seconds: float = 0.0,
    ) -> None:
        """Create the worker ``name`` of the service ``application_name``.

        ``pg_stat_activity`` shows its connection as ``application_name name``. Notifications on
        ``channel`` wake the worker. A step can take ``step_seconds``. After a notification,
        ``gather_seconds`` pass until the step, which then does the work of several notifications.
        """
        self.name = name
        self._step_seconds = step_seconds
        self._gather_seconds = gather_seconds
        self._application_name = application_name
        self._database_url = database_url
        self._channel = channel
        self._step = step
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Work until cancelled. If the database is unreachable, retry every half second."""
        while True:
            try:
                await self._lead()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning(
                    "worker cannot reach the database",
                    worker=self.name,
                    reason=type(error).__name__,
                )
            await asyncio.sleep(_RETRY_SECONDS)

    async def _lead(self) -> None:
        connection = await asyncpg.connect(
            self._database_url,
            timeout=_CONNECT_SECONDS,
            command_timeout=_CONNECT_SECONDS,
            server_settings={"application_name": f"{self._application_name} {self.name}"},
        )
        try:
            connection.add_termination_listener(lambda _: self._wake.set())
            while not await connection.fetchval(
                "SELECT pg_try_advisory_lock(hashtextextended($1, 0))",
                f"moorage worker {self.name}",
            ):
                await self._wait_for_wakeup(within=_STANDBY_SECONDS)
            await connection.add_listener(self._channel, lambda *_: self._wake.set())
            _log.info("worker became the leader", worker=self.name)
            while not connection.is_closed():
                self._wake.clear()
                await self._wait_for_wakeup(within=await self._guarded_step())
        finally:
            connection.terminate()

    async def _wait_for_wakeup(self, *, within: float) -> None:
        """Wait for a notification or a lost connection, at most ``within`` seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):  # wait_for can lose a cancellation
                await self._wake.wait()
                await asyncio.sleep(self._gather_seconds)

    async def _guarded_step(self) -> float:
        try:
            return await self._limited_step()
        except Exception:
            _failed_steps.labels(self.name).inc()
            _log.exception("worker step failed", worker=self.name)
            return _RETRY_SECONDS

    async def _limited_step(self) -> float:
        """Run a step.

        Raises:
            TimeoutError: The step has exceeded its limit, and was cancelled.
        """
        step = asyncio.ensure_future(self._step())
        try:
            done, _ = await asyncio.wait({step}, timeout=self._step_seconds)
        except asyncio.CancelledError:
            while not step.done():  # a library can lose a cancellation
                with contextlib.suppress(asyncio.CancelledError):
                    await _cancel(step, seconds=_REPEAT_CANCEL_SECONDS)
            raise
        if done:
            return step.result()
        if not await _cancel(step, seconds=_CANCEL_SECONDS):
            end_process("a step of background work hangs", task=self.name)
        raise TimeoutError(f"the step took longer than {self._step_seconds:.0f} s")


async def _cancel(step: "asyncio.Future[float]", *, seconds: float) -> bool:
    """Cancel ``step``. Return whether it has ended within ``seconds``."""
    step.cancel()
    done, _ = await asyncio.wait({step}, timeout=seconds)
    return bool(done)
