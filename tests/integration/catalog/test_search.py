"""`q=` finds parts of names and descriptions in any script, by an index (spec 4)."""

import json
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.common.db import engine as db
from libs.common.db.pagination import PageRequest
from services.catalog.repositories.queries import list_repositories
from services.catalog.tables import contains_by_index, repositories
from tests.kit.database import Database

MANY = 100_000


@pytest.fixture(scope="module")
async def large_catalog(database: Database) -> AsyncIterator[AsyncEngine]:
    """A database with 100,000 repositories of one account, few of which match a search."""
    await database.empty()
    await database.execute(
        "INSERT INTO catalog.accounts (username, password_hash, role)"
        " VALUES ('many', 'x', 'member')"
    )
    await database.execute(
        "INSERT INTO catalog.namespaces (account_id, name, visibility)"
        " SELECT id, 'crowd', 'public' FROM catalog.accounts"
    )
    await database.execute(
        "INSERT INTO catalog.repositories (namespace_id, name, description)"
        " SELECT n.id, 'service-' || i,"
        " CASE WHEN i % 10000 = 7 THEN '支付网关 nº ' || i ELSE '后台服务 ' || i END"
        f" FROM catalog.namespaces n, generate_series(1, {MANY}) AS i"
    )
    await database.execute("ANALYZE catalog.repositories")
    engine = db.create_engine(database.urls["catalog"], application_name="tests")
    yield engine
    await engine.dispose()
    await database.empty()


async def search(tx: AsyncConnection, q: str) -> list[str]:
    """Return the names of the repositories that contain ``q``."""
    owner = (
        await tx.execute(sa.text("SELECT id FROM catalog.accounts WHERE username = 'many'"))
    ).scalar_one()
    found = await list_repositories(
        tx,
        view="own",
        viewer_id=0,
        account_id=owner,
        namespace=None,
        q=q,
        order="name",
        page=PageRequest(limit=200, cursor=None),
    )
    return [repository.name for repository in found.items]


@pytest.mark.parametrize("q", ["网关", "支付网", "NETZ", "service-77777", "77777"])
async def test_a_search_for_two_or_more_characters_uses_the_index(
    large_catalog: AsyncEngine, q: str
) -> None:
    statement = sa.select(repositories.c.id).where(
        contains_by_index(q, repositories.c.path, repositories.c.description)
    )
    compiled = statement.compile(
        dialect=large_catalog.dialect, compile_kwargs={"literal_binds": True}
    )
    async with large_catalog.connect() as tx:
        plan = (await tx.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {compiled}")).scalar_one()
    text = json.dumps(plan)
    assert "repositories_search_idx" in text
    assert "Seq Scan" not in text


async def test_a_search_matches_the_name_or_the_description_in_any_case(
    large_catalog: AsyncEngine,
) -> None:
    async with large_catalog.connect() as tx:
        assert await search(tx, "网关") == sorted(f"service-{n}" for n in range(7, MANY, 10_000))
        assert await search(tx, "SERVICE-77777") == ["service-77777"]
        assert await search(tx, "crowd/service-4242") == [
            "service-4242",
            *(f"service-4242{n}" for n in range(10)),
        ]
        assert await search(tx, "关网") == []
        assert await search(tx, "%") == []
        assert await search(tx, "service_1") == []


async def test_a_search_for_one_character_finds_every_match(large_catalog: AsyncEngine) -> None:
    async with large_catalog.connect() as tx:
        assert len(await search(tx, "付")) == MANY // 10_000
