"""`moorage migrate`: creates the roles of the services, then upgrades the schema.

It can run at every start, and several can run at the same time.
"""

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
    completed,
    connected,
    ensure_roles,
    exist,
)
from ops.errors import OpsError
from ops.layout import PROJECT


async def migrate(owner_url: str, roles: list[Role], *, patience: float = 0.0) -> None:
    """Upgrade the database to the newest revision, and let `roles` log in.

    If the owner of the schemas cannot create roles, they must exist, with their passwords.

    Args:
        owner_url: The database, as the role that owns the schemas.
        roles: The roles of the services.
        patience: Seconds to wait until the database answers.

    Raises:
        OpsError: The database cannot be used, or a step of the migration failed.
    """
    are_given = await exist(owner_url, roles, patience=patience)
    await check_owner(owner_url, needs_roles=not are_given)
    async with connected(owner_url) as connection:
        if not are_given:
            await ensure_roles(connection, roles)
        # The lock lasts until the connection closes: a second migration waits, then changes
        # nothing.
        await connection.execute("SELECT pg_advisory_lock(hashtext('moorage migrate'))")
        await upgrade(owner_url)
        await renumber_if_restored(connection)


async def upgrade(owner_url: str, *, revision: str = "head") -> None:
    """Run Alembic's `upgrade` to `revision`. Each step is a transaction.

    Raises:
        OpsError: A step failed.
    """
    await _run(owner_url, lambda config: alembic.command.upgrade(config, revision))


async def check(owner_url: str) -> None:
    """Run Alembic's `check`.

    Raises:
        OpsError: The tables in the code differ from those that the migrations create.
    """
    await _run(owner_url, alembic.command.check)


async def _run(owner_url: str, command: Callable[[Config], None]) -> None:
    def run(connection: sa.Connection) -> None:
        config = Config(str(PROJECT / "alembic.ini"), stdout=io.StringIO())
        config.attributes["connection"] = connection
        command(config)

    engine = owner_engine(owner_url)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(run)
    except alembic.util.CommandError as error:
        raise OpsError(f"alembic: {error}") from None
    except (DBAPIError, asyncpg.PostgresError) as error:
        # A SQL file raises the errors of asyncpg, all others those of SQLAlchemy.
        reason = str(error.orig if isinstance(error, DBAPIError) else error).strip()
        raise OpsError(
            f"a step of the migration of {address(owner_url)} failed and changed nothing:"
            f" {reason.splitlines()[0]}"
        ) from None
    finally:
        await engine.dispose()


def owner_engine(owner_url: str) -> AsyncEngine:
    """Return an engine on `owner_url`.

    asyncpg reads the URL itself, because SQLAlchemy does not accept its options, such as
    `sslmode`.
    """

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(completed(owner_url), timeout=10)

    return create_async_engine(
        "postgresql+asyncpg://", async_creator=connect, poolclass=sa.NullPool
    )
