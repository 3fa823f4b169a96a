"""Background work that one replica at a time does, woken by ``NOTIFY`` or by a timer."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import asyncpg
import structlog

_log = structlog.get_logger()
_CONNECT_SECONDS = 2.0
_RETRY_SECONDS = 0.5
_STANDBY_SECONDS = 1.0

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
    """

    def __init__(
        self, *, name: str, application_name: str, database_url: str, channel: str, step: Step
    ) -> None:
        """Create the worker ``name`` of the service ``application_name``.

        ``pg_stat_activity`` shows its connection as ``application_name name``. Notifications on
        ``channel`` wake the worker.
        """
        self._name = name
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
                    worker=self._name,
                    reason=type(error).__name__,
                )
            await asyncio.sleep(_RETRY_SECONDS)

    async def _lead(self) -> None:
        connection = await asyncpg.connect(
            self._database_url,
            timeout=_CONNECT_SECONDS,
            command_timeout=_CONNECT_SECONDS,
            server_settings={"application_name": f"{self._application_name} {self._name}"},
        )
        try:
            connection.add_termination_listener(lambda _: self._wake.set())
            while not await connection.fetchval(
                "SELECT pg_try_advisory_lock(hashtextextended($1, 0))",
                f"moorage worker {self._name}",
            ):
                await self._wait_for_wakeup(within=_STANDBY_SECONDS)
            await connection.add_listener(self._channel, lambda *_: self._wake.set())
            _log.info("worker became the leader", worker=self._name)
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

    async def _guarded_step(self) -> float:
        try:
            return await self._step()
        except Exception:
            _log.exception("worker step failed", worker=self._name)
            return _RETRY_SECONDS
