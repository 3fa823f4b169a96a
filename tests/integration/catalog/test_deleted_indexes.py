"""The children of deleted indexes: stored at the deletion, and deleted when they expire."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.deleted_indexes import usecases
from services.catalog.deleted_indexes.domain import KEPT_AFTER_DELETION
from tests.integration.events.conftest import make_repository
from tests.kit.database import Database

DAY = timedelta(days=1)


async def stored(database: Database) -> list[tuple[str, list[str]]]:
    rows = await database.fetch("SELECT digest, children FROM catalog.deleted_indexes ORDER BY 1")
    return [tuple(row) for row in rows]


async def test_deleting_a_repository_stores_the_children_of_each_index(emptied: Database) -> None:
    indexes = {f"index-{n:03}": [f"child-{n}-b", f"child-{n}-a"] for n in range(200)}
    await make_repository(emptied, "team/app", account="acme", indexes={**indexes, "image": []})
    await make_repository(emptied, "team/other", account="acme", indexes={"other": ["child"]})
    await emptied.execute("DELETE FROM catalog.repositories WHERE name = 'app'")
    assert await stored(emptied) == [
        (index, sorted(children)) for index, children in indexes.items()
    ]


async def test_at_most_1000_children_of_an_index_are_stored(emptied: Database) -> None:
    children = [f"child-{n:04}" for n in range(1200)]
    await make_repository(emptied, "team/app", account="acme", indexes={"index": children})
    await emptied.execute("DELETE FROM catalog.manifests")
    assert await stored(emptied) == [("index", children[:1000])]


async def test_deletions_of_one_index_by_two_tenants_do_not_wait_for_each_other(
    emptied: Database,
) -> None:
    for path in ("red/app", "blue/app"):
        await make_repository(emptied, path, account="acme", indexes={"index": ["child"]})
    first = await asyncpg.connect(emptied.urls["catalog"])
    try:
        async with first.transaction():
            await first.execute(
                "DELETE FROM catalog.manifests m USING catalog.repositories r"
                " WHERE r.id = m.repository_id AND r.path = 'red/app'"
            )
            async with asyncio.timeout(5):
                await emptied.execute("DELETE FROM catalog.repositories WHERE path = 'blue/app'")
    finally:
        await first.close()
    assert await stored(emptied) == [("index", ["child"])] * 2


@pytest.fixture
async def three_deleted(emptied: Database) -> Database:
    """The database with indexes that were deleted 70 days, 40 days, and one day ago."""
    for days in (70, 40, 1):
        await emptied.execute(
            "INSERT INTO catalog.deleted_indexes (digest, children, deleted_at)"
            " VALUES ($1, '{child}', now() - $2::interval)",
            f"{days:02}",
            days * DAY,
        )
    return emptied


async def test_children_expire_30_days_after_the_deletion(
    three_deleted: Database, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert KEPT_AFTER_DELETION == 30 * DAY
    monkeypatch.setattr(usecases, "_ROWS_AT_ONCE", 1)
    pauses = [await usecases.delete_expired(engine=engine) for _ in range(3)]
    assert pauses == [0.0, 0.0, usecases._INTERVAL_SECONDS]
    assert await stored(three_deleted) == [("01", ["child"])]


async def test_children_stay_as_long_as_the_inbox_has_a_pull_that_can_need_them(
    three_deleted: Database, engine: AsyncEngine
) -> None:
    for action, days in (("push", 90), ("pull", 35), ("pull", 2)):
        await three_deleted.execute(
            """
            INSERT INTO events.inbox
              (event_id, at_ns, action, method, request_id, repository, docker_user, address,
               user_agent, received_at, counted_at)
            VALUES ($1, 0, $2, 'GET', '', 'team/app', '', '', '', now() - $3::interval, now())
            """,
            f"{action} {days}",
            action,
            days * DAY,
        )
    await usecases.delete_expired(engine=engine)
    assert [digest for digest, _ in await stored(three_deleted)] == ["01", "40"]
    await three_deleted.execute("DELETE FROM events.inbox WHERE event_id = 'pull 35'")
    await usecases.delete_expired(engine=engine)
    assert [digest for digest, _ in await stored(three_deleted)] == ["01"]
