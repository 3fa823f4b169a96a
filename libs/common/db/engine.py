"""The database connection of a service: one engine, one transaction per use case, and what counts as "cannot be reached"."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import asyncpg
from fastapi import Depends, Request
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

CONNECT_SECONDS = 2.0
STATEMENT_SECONDS = 15.0

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
    asyncpg.InternalClientError,  # a connection that the server ended, used before the driver had read so
)


def create_engine(url: str, *, application_name: str, pool_size: int = 5) -> AsyncEngine:
    """An engine on ``url`` (``postgresql://…``); nothing connects before the first query."""

    async def connect() -> asyncpg.Connection:
        # asyncpg reads the address itself: what SQLAlchemy makes of it knows no `sslmode`.
        return await asyncpg.connect(
            url,
            timeout=CONNECT_SECONDS,
            command_timeout=STATEMENT_SECONDS,
            server_settings={"application_name": application_name, "jit": "off", "timezone": "UTC"},
        )

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=5,
        pool_pre_ping=True,
        hide_parameters=True,  # they would stand in logged errors, and some are secret
    )


def is_unreachable(error: BaseException) -> bool:
    """Whether ``error`` says that PostgreSQL could not be reached, rather than that it refused what was asked."""
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
"""A transaction that is committed before the response is sent, or rolled back when the use case raises."""


def _engine(request: Request) -> AsyncEngine:
    engine: AsyncEngine = request.app.state.engine
    return engine


Engine = Annotated[AsyncEngine, Depends(_engine)]
"""For what asks others in between, and must not keep a transaction open so long."""
