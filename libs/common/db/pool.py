"""A small pool of plain asyncpg connections, for what SQLAlchemy would take half the time of.

These are the webhook, the counting worker, and the lists of tags.

asyncpg's own pool releases a connection in a separate task, after a round trip that resets it.
Here nothing needs a reset, and the registry waits for every tenth of a millisecond
(docs/adr/0008).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias, cast

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.db.connections import POOLS
from libs.common.db.engine import CONNECT_SECONDS, STATEMENT_SECONDS

Connection: TypeAlias = asyncpg.Connection
"""An asyncpg connection. Use cases import this name instead of asyncpg."""

DATABASE_ERRORS = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
"""Everything that a connection raises: PostgreSQL refused the statement, or was not reached."""

INVALID_DATA_ERRORS = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
)
"""PostgreSQL refused the values of a statement, so a retry with the same values fails again.

They are the SQLSTATE classes 22 (data), 23 (constraint), and 54 (limit).
"""

_CLOSE_SECONDS = 2.0


def is_rollback(error: BaseException) -> bool:
    """Return whether PostgreSQL rolled a transaction back that succeeds when it runs again.

    A deadlock and a serialization failure are such errors (SQLSTATE class 40).
    """
    return isinstance(error, asyncpg.TransactionRollbackError)


def affected_rows(command_tag: str) -> int:
    """Return the number of rows in a command tag such as ``DELETE 3`` or ``INSERT 0 3``."""
    return int(command_tag.rpartition(" ")[2])


async def connection_of(tx: AsyncConnection) -> Connection:
    """Return the asyncpg connection of ``tx``, for statements that are written for asyncpg."""
    return cast(Connection, (await tx.get_raw_connection()).driver_connection)


class Pool:
    """Holds at most ``size`` connections to ``url``, and opens each when it is first needed.

    A service can therefore start while the database is unreachable. Users of a connection must
    leave no setting, LISTEN, or session lock behind. The server itself ends a statement after
    ``statement_seconds``; otherwise a statement that the client gave up would occupy its
    connection indefinitely.
    """

    def __init__(
        self,
        url: str,
        *,
        application_name: str,
        size: int,
        statement_seconds: float = STATEMENT_SECONDS,
    ) -> None:
        self._url = url
        self._statement_seconds = statement_seconds
        self._settings = {
            "application_name": application_name,
            "jit": "off",
            "timezone": "UTC",
            "statement_timeout": f"{round(statement_seconds * 1000)}ms",
        }
        self._slots = slots = asyncio.Semaphore(size)
        POOLS.watch(self, name=application_name, size=size, in_use=lambda: size - slots._value)
        self._idle: list[Connection] = []

    async def close(self) -> None:
        """Close every idle connection, and cut off one that hangs.

        Every user of a connection must have finished.
        """
        while self._idle:
            connection = self._idle.pop()
            with suppress(*DATABASE_ERRORS):
                await connection.close(timeout=_CLOSE_SECONDS)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Yield a connection; wait if all are in use.

        If the block is cancelled or fails for another reason than a PostgreSQL error, the
        connection is terminated at once: a database that hangs does not answer a regular close.

        Raises:
            DATABASE_ERRORS: a new connection cannot be opened.
        """
        async with self._slots:
            connection = await self._acquire()
            try:
                yield connection
            except asyncpg.PostgresError:
                raise  # PostgreSQL refused a statement: the connection is still usable
            except BaseException:
                connection.terminate()
                raise
            finally:
                if not connection.is_closed():
                    self._idle.append(connection)

    async def _acquire(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return await asyncpg.connect(
            self._url,
            timeout=CONNECT_SECONDS,
            command_timeout=self._statement_seconds + 1,
            server_settings=self._settings,
        )
