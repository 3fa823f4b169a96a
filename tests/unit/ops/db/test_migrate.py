"""`moorage migrate` creates the roles and the schema. It can run repeatedly and concurrently."""

import asyncio

import pytest

from ops.db.migrate import migrate
from ops.db.roles import connected, service_roles
from ops.errors import OpsError
from ops.host.privileges import run_user
from ops.layout import SERVICES, Layout
from ops.secrets.store import Owners, ensure_database_urls


async def test_each_service_can_log_in_and_read_the_schema_revision(
    database_layout: Layout, owner_url: str
) -> None:
    await migrate(owner_url, service_roles(database_layout))
    for service in SERVICES:
        async with connected(database_layout.database_url_of(service).read_text()) as connection:
            assert await connection.fetchval("SELECT current_user") == f"fresh_{service}"
            assert await connection.fetchval("SELECT version_num FROM moorage.alembic_version")
            role = await connection.fetchrow(
                "SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles"
                " WHERE rolname = current_user"
            )
            assert role is not None
            assert set(role.values()) == {False}


async def test_several_migrations_at_once_succeed(database_layout: Layout, owner_url: str) -> None:
    roles = service_roles(database_layout)
    await asyncio.gather(*(migrate(owner_url, roles) for _ in range(3)))
    await migrate(owner_url, roles)


async def test_migration_sets_the_password_of_a_role_after_its_secret_changes(
    database_layout: Layout, owner_url: str
) -> None:
    await migrate(owner_url, service_roles(database_layout))
    secret = database_layout.database_url_of("auth")
    before = secret.read_text()
    secret.unlink()
    owners = Owners.all(run_user([database_layout.root]))
    ensure_database_urls(database_layout, owner_url, owners)
    await migrate(owner_url, service_roles(database_layout))
    async with connected(secret.read_text()):
        pass
    with pytest.raises(OpsError, match="refused the connection: password authentication failed"):
        async with connected(before):
            pass
