"""Work beside the requests: on one replica at a time, woken by ``NOTIFY``, and now and then by itself."""

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
"""Does a piece of the work; returns how many seconds may pass before the next one unless a notification comes (0: go on at once)."""


class LeaderWorker:
    """Runs ``step`` again and again while it holds the advisory lock ``name``, which ends with its database connection.

    Other replicas stand by and take over. They ask for the lock every second instead of waiting in it: a statement that waits would
    hold back vacuum for as long. A step must be harmless when two replicas run it at once, for a lost connection is noticed late.
    """

    def __init__(self, *, name: str, database_url: str, channel: str, step: Step) -> None:
        self._name = name
        self._database_url = database_url
        self._channel = channel
        self._step = step
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Work until cancelled; a database that is away is waited for."""
        while True:
            try:
                await self._lead()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning(
                    "worker has no database", worker=self._name, reason=type(error).__name__
                )
            await asyncio.sleep(_RETRY_SECONDS)

    async def _lead(self) -> None:
        connection = await asyncpg.connect(
            self._database_url,
            timeout=_CONNECT_SECONDS,
            command_timeout=_CONNECT_SECONDS,
            server_settings={"application_name": f"moorage-catalog {self._name}"},
        )
        try:
            connection.add_termination_listener(lambda _: self._wake.set())
            while not await connection.fetchval(
                "SELECT pg_try_advisory_lock(hashtextextended($1, 0))",
                f"moorage worker {self._name}",
            ):
                await self._awake(within=_STANDBY_SECONDS)
            await connection.add_listener(self._channel, lambda *_: self._wake.set())
            _log.info("worker leads", worker=self._name)
            while not connection.is_closed():
                self._wake.clear()
                await self._awake(within=await self._guarded_step())
        finally:
            connection.terminate()

    async def _awake(self, *, within: float) -> None:
        """Return when a notification came or the connection was lost, at the latest ``within`` that many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):  # not wait_for: that can lose a cancellation
                await self._wake.wait()

    async def _guarded_step(self) -> float:
        try:
            return await self._step()
        except Exception:
            _log.exception("worker step failed", worker=self._name)
            return _RETRY_SECONDS
