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
