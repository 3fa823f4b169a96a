"""Loads the rows of a backup into an empty database, all in one transaction."""

from collections.abc import AsyncIterator, Callable

import asyncpg
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from ops.backup.archive import Backup, Table
from ops.backup.dump import SCHEMAS
from ops.db.migrate import migrate, upgrade
from ops.db.restored import reconcile
from ops.db.roles import Role, address, check_owner, connected, ensure_roles, exist
from ops.errors import OpsError
from ops.layout import PROJECT

# What an installation has that nobody has used: the first account.
_USED = """
    SELECT EXISTS (SELECT FROM catalog.namespaces) OR EXISTS (SELECT FROM catalog.docker_users)
      OR EXISTS (SELECT FROM catalog.repositories) OR EXISTS (SELECT FROM catalog.trash)
      OR (SELECT count(*) > 1 FROM catalog.accounts)
"""
_FOREIGN_KEYS = """
    SELECT format('%I.%I', n.nspname, t.relname) AS "table", quote_ident(c.conname) AS name,
           pg_get_constraintdef(c.oid) AS definition
    FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE c.contype = 'f' AND n.nspname = ANY($1)
"""
_TABLES = """
    SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = ANY($1)
"""


async def check_empty(owner_url: str, roles: list[Role]) -> None:
    """Check that nobody has used the database, and that no service works with it.

    Raises:
        OpsError: it is in use, or unreachable.
    """
    are_given = await exist(owner_url, roles, patience=5)
    await check_owner(owner_url, needs_roles=not are_given)
    async with connected(owner_url) as connection:
        services = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = ANY($1)",
            [role.name for role in roles],
        )
        if services:
            raise OpsError(
                f"services of Moorage work with {address(owner_url)}: stop them before a restore"
            )
        exists = await connection.fetchval("SELECT to_regclass('catalog.accounts') IS NOT NULL")
        if exists and await connection.fetchval(_USED):
            raise OpsError(
                f"the database {address(owner_url)} is not empty: restore into a new installation"
            )


def check_revision(backup: Backup) -> None:
    """Raise OpsError if this Moorage is older than the one that made the backup."""
    script = ScriptDirectory.from_config(Config(str(PROJECT / "alembic.ini")))
    try:
        known = script.get_revision(backup.schema_revision)
    except CommandError:
        known = None
    if known is None:
        raise OpsError(
            f"the backup has the schema {backup.schema_revision}, which this Moorage does not know:"
            " restore with the version that made it, or a newer one"
        )


async def load_database(
    owner_url: str,
    roles: list[Role],
    backup: Backup,
    read: Callable[[Table], AsyncIterator[bytes]],
) -> None:
    """Replace the schemas by those of the backup, load its rows, and migrate to this version.

    ``read`` returns the rows of a table. If this is interrupted before its commit, the database has
    no rows, and it can be repeated.

    Raises:
        OpsError: the database refuses something.
    """
    try:
        are_given = await exist(owner_url, roles)
        async with connected(owner_url) as connection:
            if not are_given:
                await ensure_roles(connection, roles)
            await connection.execute(f"DROP SCHEMA IF EXISTS moorage, {', '.join(SCHEMAS)} CASCADE")
        await upgrade(owner_url, revision=backup.schema_revision)
        async with connected(owner_url) as connection, connection.transaction():
            await _load(connection, backup, read)
            # Not later: rows without it would not be reconciled if this were interrupted.
            await reconcile(connection)
    except asyncpg.PostgresError as error:
        reason = str(error).strip().splitlines()[0]
        raise OpsError(f"the rows of the backup cannot be loaded: {reason}") from None
    await migrate(owner_url, roles)


async def _load(
    connection: asyncpg.Connection,
    backup: Backup,
    read: Callable[[Table], AsyncIterator[bytes]],
) -> None:
    tables = [row[0] for row in await connection.fetch(_TABLES, SCHEMAS)]
    keys = await connection.fetch(_FOREIGN_KEYS, SCHEMAS)
    for key in keys:
        await connection.execute(f"ALTER TABLE {key['table']} DROP CONSTRAINT {key['name']}")
    for table in tables:
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    await connection.execute(f"TRUNCATE {', '.join(tables)}")
    for table in backup.tables:
        await connection.copy_to_table(
            table.name,
            schema_name=table.schema_name,
            columns=table.columns,
            source=read(table),
        )
    for name, value in backup.sequences.items():
        if value is not None:
            await connection.execute("SELECT setval($1::text::regclass, $2)", name, value)
    for key in keys:
        await connection.execute(
            f"ALTER TABLE {key['table']} ADD CONSTRAINT {key['name']} {key['definition']}"
        )
    for table in tables:
        await connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
