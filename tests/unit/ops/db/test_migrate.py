"""`moorage migrate`: roles and schema, again and again, by several at once; and the first account, once."""

import asyncio
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from ops.db.admin import ensure_admin
from ops.db.migrate import migrate
from ops.db.postgres import EmbeddedServer, start_embedded, url
from ops.db.roles import (
    Role,
    check_owner,
    connected,
    ensure_owner,
    service_roles,
)
from ops.errors import OpsError
from ops.host.privileges import run_user
from ops.layout import SERVICES, Layout
from ops.secrets.store import Owners, ensure_database_urls, ensure_secrets

OWNER = Role("owner", "an owner's password", may_create_roles=True)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    with start_embedded(tmp_path_factory.mktemp("migrate") / "db") as running:
        yield running


@pytest.fixture
async def owner_url(server: EmbeddedServer) -> AsyncIterator[str]:
    """A new, empty database of a role that is no superuser."""
    await ensure_owner(server.superuser_url, OWNER, "fresh")
    yield url(user=OWNER.name, password=OWNER.password, port=server.port, database="fresh")
    async with connected(server.superuser_url) as connection:
        await connection.execute("DROP DATABASE fresh WITH (FORCE)")


@pytest.fixture
def layout(tmp_path: Path, owner_url: str) -> Layout:
    user = run_user([tmp_path])
    layout = Layout(tmp_path)
    ensure_secrets(layout, Owners.all(user))
    ensure_database_urls(layout, owner_url, Owners.all(user))
    return layout


async def test_each_service_can_log_in_and_see_the_schema(layout: Layout, owner_url: str) -> None:
    await migrate(owner_url, service_roles(layout))
    for service in SERVICES:
        async with connected(layout.database_url_of(service).read_text()) as connection:
            assert await connection.fetchval("SELECT current_user") == f"fresh_{service}"
            assert await connection.fetchval("SELECT version_num FROM moorage.alembic_version")
            role = await connection.fetchrow(
                "SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
            )
            assert role is not None
            assert set(role.values()) == {False}


async def test_several_migrations_at_once_all_end_well(layout: Layout, owner_url: str) -> None:
    await asyncio.gather(*(migrate(owner_url, service_roles(layout)) for _ in range(3)))
    await migrate(owner_url, service_roles(layout))


async def test_a_changed_secret_is_the_password_after_the_next_migration(
    layout: Layout, owner_url: str
) -> None:
    await migrate(owner_url, service_roles(layout))
    before = layout.database_url_of("auth").read_text()
    layout.database_url_of("auth").unlink()
    ensure_database_urls(layout, owner_url, Owners.all(run_user([layout.root])))
    await migrate(owner_url, service_roles(layout))
    async with connected(layout.database_url_of("auth").read_text()):
        pass
    with pytest.raises(OpsError, match="refused the connection: password authentication failed"):
        async with connected(before):
            pass


async def test_a_role_without_the_right_to_make_schemas_is_named(
    server: EmbeddedServer, owner_url: str
) -> None:
    async with connected(server.superuser_url) as connection:
        await connection.execute("DROP ROLE IF EXISTS guest")
        await connection.execute("CREATE ROLE guest LOGIN CREATEROLE PASSWORD 'guest'")
    guest = url(user="guest", password="guest", port=server.port, database="fresh")
    with pytest.raises(
        OpsError, match=r"the role of guest@127.0.0.1:\d+/fresh may not create schemas"
    ):
        await check_owner(guest)


async def test_an_old_postgresql_is_named(owner_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.db.roles.OLDEST_VERSION", 99)
    with pytest.raises(OpsError, match="is version 18; 99 or newer is needed"):
        await check_owner(owner_url)


async def test_patience_waits_for_a_database_that_is_on_its_way(server: EmbeddedServer) -> None:
    with pytest.raises(OpsError, match="cannot be reached"):
        await check_owner("postgresql://a:b@127.0.0.1:1/c")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.7):
            await check_owner("postgresql://a:b@127.0.0.1:1/c", patience=60)


async def test_the_first_account_is_made_once_with_a_password_that_is_written_down(
    layout: Layout, owner_url: str
) -> None:
    await migrate(owner_url, service_roles(layout))
    user = run_user([layout.root])
    assert await ensure_admin(owner_url, layout, user, given=None)
    password = layout.admin_password.read_text()
    assert stat.S_IMODE(layout.admin_password.stat().st_mode) == 0o600
    assert not await ensure_admin(owner_url, layout, user, given="another password")
    assert layout.admin_password.read_text() == password
    async with connected(owner_url) as connection:
        accounts = await connection.fetch(
            "SELECT username, role, password_hash FROM catalog.accounts"
        )
    assert [(row["username"], row["role"]) for row in accounts] == [("admin", "admin")]
    assert accounts[0]["password_hash"].startswith("$argon2id$")


async def test_a_given_password_is_not_written_down(layout: Layout, owner_url: str) -> None:
    await migrate(owner_url, service_roles(layout))
    assert await ensure_admin(owner_url, layout, run_user([layout.root]), given="a given password")
    assert not layout.admin_password.exists()
