"""Old events are deleted, and the totals stay."""

from datetime import timedelta

from libs.common.db.pool import Pool
from services.events.retention.worker import Retention
from tests.integration.events.conftest import counts
from tests.integration.events.inbox import count_all, store, store_indexes
from tests.kit.database import Database
from tests.kit.pulls.envelopes import event
from tests.kit.pulls.patterns import get


async def test_old_events_are_deleted_and_totals_stay(pool: Pool, emptied: Database) -> None:
    async with pool.connection() as connection:
        await store(
            connection, [event(tag="v1", at=n) for n in range(3)] + [event("push", tag="v1")]
        )
        await count_all(connection)
        await store(connection, [event(tag="v2")])  # not counted yet
        await store(connection, [event("push", tag="new")])
    await emptied.execute(
        "UPDATE events.inbox SET received_at = now() - interval '3 days' WHERE tag IN ('v1', 'v2')"
    )
    await emptied.execute("UPDATE events.checkpoints SET saved_at = now() - interval '3 days'")
    retention = Retention(pool, pulls=timedelta(hours=48), feed=timedelta(days=7))
    assert await retention.delete() == 4
    left = await emptied.fetch("SELECT action, tag FROM events.inbox ORDER BY id")
    assert [tuple(row) for row in left] == [("push", "v1"), ("pull", "v2"), ("push", "new")]
    await emptied.execute(
        "UPDATE events.inbox SET received_at = now() - interval '8 days' WHERE tag = 'v1'"
    )
    assert await retention.delete() == 0  # the catalog has not read it yet
    await emptied.execute(
        "INSERT INTO catalog.feed_positions"
        " SELECT 'registry', xid || ':' || id FROM events.inbox WHERE tag = 'v1'"
    )
    assert await retention.delete() == 1
    async with pool.connection() as connection:
        await count_all(connection)
    assert await counts(emptied) == {"v1": (3, 0), "v2": (1, 0)}


async def test_late_event_after_retention_withdraws_no_pull(pool: Pool, emptied: Database) -> None:
    async with pool.connection() as connection:
        await store_indexes(connection, "team/app")
        await store(connection, [get(0, "index", "v1"), get(1, "amd64"), get(2, "arm64")])
        await count_all(connection)
        await emptied.execute("DELETE FROM events.inbox WHERE tag = 'v1'")
        await emptied.execute("DELETE FROM events.checkpoints")
        await store(connection, [get(3, tag="v2")])
        await count_all(connection)
    assert await counts(emptied) == {"v1": (1, 0), "v2": (1, 0)}


async def test_pulls_of_a_deleted_repository_are_deleted_after_a_month(
    pool: Pool, emptied: Database
) -> None:
    await emptied.execute(
        "INSERT INTO catalog.accounts (username, password_hash, role) VALUES ('a', 'x', 'member')"
    )
    await emptied.execute(
        "INSERT INTO catalog.namespaces (account_id, name, visibility)"
        " SELECT id, 'team', 'private' FROM catalog.accounts"
    )
    await emptied.execute(
        "INSERT INTO catalog.repositories (namespace_id, name)"
        " SELECT id, unnest(ARRAY['again', 'kept']) FROM catalog.namespaces"
    )
    await emptied.execute(
        "INSERT INTO catalog.reserved_names (kind, name, available_at) VALUES"
        " ('repository', 'team/again', to_timestamp(1000)),"
        " ('repository', 'team/gone', to_timestamp(1000)),"
        " ('repository', 'team/recent', now() - interval '1 day')"
    )
    await emptied.execute(
        "INSERT INTO events.pull_hours"
        " (repository, generation, tag, docker_user, hour, pulls, checks, last_pulled_at)"
        " SELECT 'team/' || name, generation, 'v1', '', now(), 1, 0, now() FROM (VALUES"
        " ('again', 0), ('again', 1000000000000), ('gone', 0), ('gone', 1000000000000),"
        " ('recent', 0), ('kept', 0)) AS pulled (name, generation)"
    )
    await emptied.execute(
        "INSERT INTO events.last_uses SELECT 'team/' || name, reference, at FROM (VALUES"
        " ('again', 'before', to_timestamp(999)), ('again', 'after', now()),"
        " ('gone', 'v1', now()), ('recent', 'v1', now()), ('kept', 'v1', now()))"
        " AS used (name, reference, at)"
    )
    retention = Retention(pool, pulls=timedelta(hours=48), feed=timedelta(days=7))
    assert await retention.delete() == 5
    uses = await emptied.fetch("SELECT * FROM events.last_uses ORDER BY repository")
    assert [(row["repository"], row["reference"]) for row in uses] == [
        ("team/again", "after"),
        ("team/kept", "v1"),
        ("team/recent", "v1"),
    ]
    left = [("team/again", 1000000000000), ("team/kept", 0), ("team/recent", 0)]
    for table in ("pull_hours", "pull_tags"):
        rows = await emptied.fetch(
            f"SELECT repository, generation FROM events.{table} ORDER BY repository"
        )
        assert [tuple(row) for row in rows] == left
