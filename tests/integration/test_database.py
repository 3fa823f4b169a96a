"""The database, as each service connects to it."""

import asyncpg
import pytest

from libs.common.web.health import SCHEMA_REVISION
from tests.kit.database import Database


@pytest.mark.parametrize("service", ["auth", "catalog", "events"])
async def test_each_service_connects_as_its_own_role_and_cannot_create_tables(
    emptied: Database, service: str
) -> None:
    connection = await asyncpg.connect(emptied.urls[service])
    try:
        assert await connection.fetchval("SELECT current_user") == f"{emptied.name}_{service}"
        assert (
            await connection.fetchval("SELECT version_num FROM moorage.alembic_version")
            == SCHEMA_REVISION
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("CREATE TABLE catalog.intruder (id int)")
    finally:
        await connection.close()
