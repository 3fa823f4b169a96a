"""The worker gives each account its turn (spec 7)."""

from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.trash.restoring.queries import take_over
from tests.kit.database import Database


async def test_many_restores_of_one_account_do_not_delay_another(
    emptied: Database, engine: AsyncEngine
) -> None:
    await emptied.execute(
        "INSERT INTO catalog.accounts (username, password_hash, role)"
        " VALUES ('acme', 'none', 'member'), ('other', 'none', 'member')"
    )
    await emptied.execute(
        "INSERT INTO catalog.trash (kind, path, namespace, owner_id, size_bytes, expires_at,"
        "                           restoring_since, leased_until)"
        " SELECT 'namespace', username || n, username || n, id, 0, now() + interval '1 day',"
        "        now(), now() - interval '1 hour' + n * interval '1 s'"
        " FROM catalog.accounts, generate_series(1, 10) AS n"
        " WHERE username = 'acme' OR n = 10"
    )
    async with engine.begin() as tx:
        taken = await take_over(tx, limit=4)
    assert {restore.path for restore in taken} == {"acme1", "other10"}
    async with engine.begin() as tx:
        assert [restore.path for restore in await take_over(tx, limit=4)] == ["acme2"]
