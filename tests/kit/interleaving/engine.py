"""A database engine for processes of the scheduler: each statement and commit is a point."""

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from tests.kit.interleaving.model_database import ModelDatabase
from tests.kit.interleaving.scheduler import Killed, Scheduler, current_process

_PAUSED_IN = {
    "open_push": ("admit_push", "insert_intent", "revive_blobs"),
    "insert_unless_conflict": ("insert_intent", "revive_blobs"),
    "open_deletions": ("insert_intent", "revive_blobs"),
    "revive": ("revive_blobs",),
    "claim": ("claim_garbage",),
    "record_push": ("record_push",),
}
"""The functions in the database in which a statement can stop, by the function that sends it."""


class ConnectionLost(ConnectionResetError):
    """The database was restored while the connection was in use."""


class SteppedEngine:
    """Looks like SQLAlchemy's AsyncEngine, as far as the product uses it."""

    def __init__(
        self, scheduler: Callable[[], Scheduler], engine: AsyncEngine, database: ModelDatabase
    ) -> None:
        self._scheduler = scheduler
        self._engine = engine
        self._database = database

    @asynccontextmanager
    async def connect(self) -> AsyncIterator["SteppedConnection"]:
        """Check a connection out. It is rolled back at the end."""
        process = current_process()
        assert process is not None
        if process.is_dead:
            raise Killed
        scheduler = self._scheduler()
        connection = self._engine.connect()
        async with scheduler.busy():
            await connection.start()
            raw = await connection.get_raw_connection()
        driver: Any = raw.driver_connection
        session: int = driver.get_server_pid()
        stepped = SteppedConnection(scheduler, connection, session, self._database)
        self._database.in_use.add(stepped)
        try:
            yield stepped
        finally:
            self._database.in_use.discard(stepped)
            async with scheduler.busy():
                await connection.close()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator["SteppedConnection"]:
        """Begin a transaction. It is committed at the end."""
        async with self.connect() as connection:
            yield connection
            await connection.commit()


class SteppedConnection:
    """Looks like SQLAlchemy's AsyncConnection, as far as the product uses it."""

    def __init__(
        self,
        scheduler: Scheduler,
        connection: AsyncConnection,
        session: int,
        database: ModelDatabase,
    ) -> None:
        self._scheduler = scheduler
        self._connection = connection
        self._session = session
        self._database = database
        self.process = current_process()
        self.is_busy = False
        self._is_lost = False
        self._has_begun = False

    async def execution_options(self, **options: Any) -> "SteppedConnection":
        await self._connection.execution_options(**options)
        return self

    async def execute(self, statement: Any, values: Any = None) -> Any:
        """Execute a statement, which can stop inside of a function in the database."""
        caller = sys._getframe(1).f_code.co_name.strip("_")
        pauses = self._database.pauses_of(_PAUSED_IN.get(caller, ()))
        pause = await self._scheduler.point(caller, pauses=pauses)
        self._check()
        self._has_begun = True
        async with self._database.stopping(self._scheduler, self._session, caller, pause):
            self.is_busy = True
            try:
                async with self._scheduler.busy(self._session):
                    result = await self._connection.execute(statement, values)
            finally:
                self.is_busy = False
        process = current_process()
        if process is not None and process.is_dead:
            raise Killed
        self._check()
        return result

    async def commit(self) -> None:
        """Commit, unless nothing was executed."""
        if self._has_begun:
            await self._scheduler.point("commits")
        self._check()
        async with self._scheduler.busy(self._session):
            await self._connection.commit()
        self._has_begun = False

    async def rollback(self) -> None:
        self._check()
        async with self._scheduler.busy(self._session):
            await self._connection.rollback()

    async def lose(self) -> None:
        """Roll back, because the database is restored. Later statements fail."""
        if not self._is_lost:
            self._is_lost = True
            # Not through SQLAlchemy: a task of the process is still inside of its transaction.
            raw: Any = await self._connection.get_raw_connection()
            await raw.driver_connection.execute("ROLLBACK")

    def _check(self) -> None:
        if self._is_lost:
            raise ConnectionLost("the connection was closed")
