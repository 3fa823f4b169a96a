"""`moorage migrate`: a role for each service, then the newest schema. Safe to run at every start and by several at once."""

import io
from collections.abc import Callable

import alembic.command
import alembic.util
import asyncpg
import sqlalchemy as sa
from alembic.config import Config
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from ops.db.restored import renumber_if_restored
from ops.db.roles import (
    Role,
    address,
    check_owner,
    connected,
    ensure_roles,
)
from ops.errors import OpsError
from ops.layout import PROJECT


async def migrate(owner_url: str, roles: list[Role], *, patience: float = 0.0) -> None:
    """Bring the database to the newest revision, with `roles` able to log in.

    `patience`: seconds to wait for the database to answer. Raises OpsError with one line that says what is wrong.
    """
    await check_owner(owner_url, patience=patience)
    async with connected(owner_url) as connection:
        await ensure_roles(connection, roles)
        # Held until the connection ends: a second migration waits and then finds nothing to do.
        await connection.execute("SELECT pg_advisory_lock(hashtext('moorage migrate'))")
        await upgrade(owner_url)
        await renumber_if_restored(connection)


async def upgrade(owner_url: str) -> None:
    """Run alembic's `upgrade head`."""
    await _run(owner_url, lambda config: alembic.command.upgrade(config, "head"))


async def check(owner_url: str) -> None:
    """Run alembic's `check`; raises OpsError when the tables in code differ from what the migrations make."""
    await _run(owner_url, alembic.command.check)


async def _run(owner_url: str, command: Callable[[Config], None]) -> None:
    def on(connection: sa.Connection) -> None:
        config = Config(str(PROJECT / "alembic.ini"), stdout=io.StringIO())
        config.attributes["connection"] = connection
        command(config)

    engine = owner_engine(owner_url)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(on)
    except alembic.util.CommandError as error:
        raise OpsError(f"alembic: {error}") from None
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise OpsError(
            f"the migration of {address(owner_url)} failed and changed nothing: {reason}"
        ) from None
    finally:
        await engine.dispose()


def owner_engine(owner_url: str) -> AsyncEngine:
    """Return an engine on `owner_url`; asyncpg reads the URL itself, so that it may hold `sslmode` and the like."""

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(owner_url, timeout=10)

    return create_async_engine(
        "postgresql+asyncpg://", async_creator=connect, poolclass=sa.NullPool
    )
