"""The database engine of a service, its transactions, and the errors of an unreachable database."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from weakref import ref

import asyncpg
import sqlalchemy as sa
from fastapi import Depends, Request
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, InterfaceError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from libs.common.db.connections import POOLS

CONNECT_SECONDS = 2.0
POOL_SIZE = 5
"""Connections that an engine keeps open. At a peak, it opens as many more."""
_PING_AFTER_SECONDS = 1.0
STATEMENT_SECONDS = 15.0
STATEMENT_FAILURES = (TimeoutError, DBAPIError)
"""Errors of a statement that took too long, or that PostgreSQL has refused. If the database does
not work at all, the next statement fails too."""

_UNREACHABLE = (
    OSError,
    PoolTimeoutError,
    asyncio.TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,  # too many connections, a full disk, no memory
    asyncpg.ReadOnlySQLTransactionError,  # a standby that is not promoted yet
    asyncpg.QueryCanceledError,
    asyncpg.InternalClientError,  # used a connection before the driver read that it was closed
)


def create_engine(
    url: str,
    *,
    application_name: str,
    pool_size: int = POOL_SIZE,
    statement_seconds: float = STATEMENT_SECONDS,
) -> AsyncEngine:
    """Return an engine for ``url`` (``postgresql://…``). It connects at the first query.

    A statement fails after ``statement_seconds``.
    """

    async def connect() -> asyncpg.Connection:
        # asyncpg parses the URL: SQLAlchemy's URL parser does not support `sslmode`.
        return await asyncpg.connect(
            url,
            timeout=CONNECT_SECONDS,
            command_timeout=statement_seconds,
            server_settings={"application_name": application_name, "jit": "off", "timezone": "UTC"},
        )

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=5,
        hide_parameters=True,  # logged errors would show them, and some are secret
    )
    _ping_idle_connections(engine)
    sync_engine = ref(engine.sync_engine)
    POOLS.watch(
        engine.sync_engine,
        name=application_name,
        size=2 * pool_size,
        in_use=lambda: _connections_in_use(sync_engine()),
    )
    return engine


def _connections_in_use(engine: sa.Engine | None) -> int:
    pool = engine.pool if engine is not None else None
    return pool.checkedout() if isinstance(pool, sa.QueuePool) else 0


def _ping_idle_connections(engine: AsyncEngine) -> None:
    """Check a connection before its use if it was idle for a second.

    SQLAlchemy's ``pool_pre_ping`` checks each connection each time. Two checks take a tenth of the
    time of a push.
    """
    dialect = engine.sync_engine.dialect

    @event.listens_for(engine.sync_engine, "checkin")
    def stamp(_: Any, record: Any) -> None:
        record.info["idle_since"] = time.monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def ping(connection: Any, record: Any, _: Any) -> None:
        idle_since = record.info.get("idle_since")
        if idle_since is None or time.monotonic() - idle_since < _PING_AFTER_SECONDS:
            return
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error  # the pool replaces its connections, and retries


@asynccontextmanager
async def autocommit(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Return a connection on which each statement is a transaction of its own.

    It saves the round trips that begin and end a transaction.
    """
    async with engine.connect() as connection:
        yield await connection.execution_options(isolation_level="AUTOCOMMIT")


def is_unreachable(error: BaseException) -> bool:
    """Return whether ``error`` or one of its causes means that PostgreSQL is unreachable.

    An error with which PostgreSQL rejects a statement does not count.
    """
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        current = pending.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        if isinstance(current, _UNREACHABLE) or (
            isinstance(current, DBAPIError) and current.connection_invalidated
        ):
            return True
        if isinstance(current, InterfaceError | DBAPIError):
            pending.append(current.orig)
        pending.append(current.__cause__)
    return False


async def _transaction(request: Request) -> AsyncIterator[AsyncConnection]:
    engine: AsyncEngine = request.app.state.engine
    async with engine.begin() as tx:
        yield tx


Tx = Annotated[AsyncConnection, Depends(_transaction, scope="function")]
"""A route's transaction: committed before the response is sent, rolled back if the route raises."""


def _engine(request: Request) -> AsyncEngine:
    engine: AsyncEngine = request.app.state.engine
    return engine


Engine = Annotated[AsyncEngine, Depends(_engine)]
"""For use cases that call the registry, during which no transaction must stay open."""
