"""The last use of each tag and digest, which retention reads, and the progress of counting."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from libs.common.db.pool import Connection, Pool
from services.events.retention.worker import Retention
from tests.integration.events.conftest import Registry
from tests.integration.events.inbox import count_all, store, store_indexes
from tests.kit.database import Database
from tests.kit.pulls.envelopes import digest_of, event
from tests.kit.pulls.patterns import get, head
from tests.kit.waiting import soon


@pytest.fixture
async def connection(emptied: Database) -> AsyncIterator[Connection]:
    """A connection with the role of the service, to a database that has the indexes."""
    found = await asyncpg.connect(emptied.urls["events"])
    await store_indexes(found, "team/app")
    yield found
    await found.close()


async def last_uses(database: Database) -> dict[str, datetime]:
    """Return what the published view says about `team/app`, by tag or digest."""
    rows = await database.fetch(
        "SELECT reference, max(last_used_at) AS at FROM events.reference_uses"
        " WHERE repository = 'team/app' GROUP BY reference"
    )
    return {row["reference"]: row["at"] for row in rows}


async def times(database: Database) -> list[datetime]:
    """Return the times of the stored pull events, in their order."""
    rows = await database.fetch(
        "SELECT timestamptz 'epoch' + at_ns / 1000 * interval '1 microsecond' AS at"
        " FROM events.inbox WHERE action = 'pull' ORDER BY at_ns"
    )
    return [row["at"] for row in rows]


async def test_pulls_and_checks_are_uses_before_and_after_they_are_counted(
    connection: Connection, emptied: Database
) -> None:
    await store(
        connection,
        [
            get(0, "amd64", "pulled"),
            head(300, "arm64", "checked"),
            get(600, "config"),
            get(900, "amd64", "pulled"),
            event("push", tag="pushed"),
        ],
    )
    first, checked, by_digest, last = await times(emptied)
    assert first < last
    expected = {
        "pulled": last,
        digest_of("amd64"): last,
        "checked": checked,
        digest_of("config"): by_digest,
    }
    assert await last_uses(emptied) == expected
    await count_all(connection)
    assert await last_uses(emptied) == expected
    rows = await emptied.fetch("SELECT reference FROM events.last_uses")
    assert {row["reference"] for row in rows} == expected.keys()


async def test_late_event_does_not_move_a_last_use_back(
    connection: Connection, emptied: Database
) -> None:
    await store(connection, [get(1000, "amd64", "v1")])
    await count_all(connection)
    (last,) = await times(emptied)
    await store(connection, [get(10, "amd64", "v1")])
    await count_all(connection)
    assert await last_uses(emptied) == {"v1": last, digest_of("amd64"): last}


async def test_requests_of_tags_of_signatures_are_no_uses(
    connection: Connection, emptied: Database
) -> None:
    await store(connection, [head(0, "amd64", f"sha256-{'a' * 64}.sig")])
    await count_all(connection)
    assert await last_uses(emptied) == {}


async def test_last_uses_stay_when_old_events_are_deleted(
    pool: Pool, connection: Connection, emptied: Database
) -> None:
    await store(connection, [head(0, "amd64", "v1")])
    await count_all(connection)
    before = await last_uses(emptied)
    await emptied.execute("UPDATE events.inbox SET received_at = now() - interval '3 days'")
    await Retention(pool, pulls=timedelta(hours=48), feed=timedelta(days=7)).delete()
    assert await emptied.fetch("SELECT FROM events.inbox") == []
    assert await last_uses(emptied) == before
    await emptied.execute("UPDATE events.last_uses SET last_used_at = now() - interval '3661 days'")
    await Retention(pool, pulls=timedelta(hours=48), feed=timedelta(days=7)).delete()
    assert await last_uses(emptied) == {}


async def test_two_workers_record_the_uses_of_many_clients(
    connection: Connection, emptied: Database
) -> None:
    raw = [event(tag=f"v{n % 50}", at=n) for n in range(1000)]
    for n, item in enumerate(raw):
        item["request"]["addr"] = f"10.0.{n % 7}.1:1"
    await store(connection, raw)

    async def work() -> None:
        own = await asyncpg.connect(emptied.urls["events"])
        try:
            await count_all(own, limit=50)
        finally:
            await own.close()

    await asyncio.gather(work(), work(), work())
    rows = await emptied.fetch(
        "SELECT tag, timestamptz 'epoch' + max(at_ns) / 1000 * interval '1 microsecond' AS at"
        " FROM events.inbox GROUP BY tag"
    )
    found = await last_uses(emptied)
    assert {row["tag"]: found[row["tag"]] for row in rows} == {
        row["tag"]: row["at"] for row in rows
    }


async def progress(database: Database) -> asyncpg.Record | None:
    rows = await database.fetch("SELECT * FROM events.counting_progress")
    return rows[0] if rows else None


async def test_the_service_publishes_how_far_it_has_counted(
    registry: Registry, emptied: Database
) -> None:
    started = datetime.now(UTC)
    row = await soon(
        lambda: progress(emptied),
        lambda found: found is not None and found["counted_until"] > started,
        within=15,
        what="the progress of counting",
    )
    assert row is not None
    assert (row["dead_letters"], row["began_at"] <= row["counted_until"]) == (0, True)
    await registry.send(b"not json")
    after = await progress(emptied)
    assert after is not None
    assert after["dead_letters"] == 1


async def test_an_event_that_waits_holds_the_progress_back(
    registry: Registry, emptied: Database
) -> None:
    await registry.deliver(get(0, "index", "v1"))  # waits for its children
    (row,) = await emptied.fetch("SELECT received_at FROM events.inbox")
    await soon(
        lambda: progress(emptied),
        lambda found: found is not None and found["counted_until"] == row["received_at"],
        within=15,
        what="the progress of counting",
    )
