"""What `check_owner` reports about a database that cannot be used."""

import asyncio

import pytest

from ops.db.postgres import EmbeddedServer, url
from ops.db.roles import check_owner, connected
from ops.errors import OpsError

UNREACHABLE = "postgresql://a:b@127.0.0.1:1/c"


async def test_the_error_names_a_role_that_cannot_create_schemas(
    postgres_server: EmbeddedServer, owner_url: str
) -> None:
    async with connected(postgres_server.superuser_url) as connection:
        await connection.execute("DROP ROLE IF EXISTS guest")
        await connection.execute("CREATE ROLE guest LOGIN CREATEROLE PASSWORD 'guest'")
    guest = url(user="guest", password="guest", port=postgres_server.port, database="fresh")
    with pytest.raises(
        OpsError, match=r"the role of guest@127.0.0.1:\d+/fresh cannot create schemas"
    ):
        await check_owner(guest)


async def test_the_error_names_the_version_of_an_old_postgresql(
    owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.db.roles.OLDEST_VERSION", 99)
    with pytest.raises(OpsError, match="is version 18; 99 or newer is required"):
        await check_owner(owner_url)


async def test_an_unreachable_database_is_an_error() -> None:
    with pytest.raises(OpsError, match="cannot be reached"):
        await check_owner(UNREACHABLE)


async def test_with_patience_the_check_retries_an_unreachable_database() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.7):
            await check_owner(UNREACHABLE, patience=60)
