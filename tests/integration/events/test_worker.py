"""The background tasks: events that fail, events that wait, and events that are deleted."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from libs.common.db import pool as pools
from libs.common.registry.client import Registry
from libs.common.registry.tokens import EVENTS_SUBJECT, RegistryTokens
from libs.common.registry.transport import Transport
from services.events.counting import usecases
from services.events.counting.worker import CountingWorker
from services.events.dead_letters.domain import events_of
from services.events.history import domain as history
from services.events.indexes import queries as indexes
from services.events.indexes.domain import GIVE_UP_AFTER, ManifestRef
from services.events.indexes.worker import IndexLookup
from services.events.ingest.arrivals import Arrivals
from services.events.ingest.domain import parse_event
from services.events.ingest.queries import store_events
from services.events.retention.worker import Retention
from tests.integration.events.conftest import counts
from tests.integration.events.test_counting import count_all, store, store_indexes
from tests.kit.database import Database
from tests.kit.pulls.envelopes import digest_of, event
from tests.kit.pulls.patterns import get
from tests.kit.sessions import Secrets
from tests.kit.waiting import soon


@pytest.fixture
async def pool(emptied: Database) -> AsyncIterator[pools.Pool]:
    found = pools.Pool(emptied.urls["events"], application_name="tests", size=4)
    yield found
    await found.close()


def registry_at(url: str, events_secrets: Secrets) -> Registry:
    """Return a client of the registry at ``url``."""
    tokens = RegistryTokens(
        keys=events_secrets.directory / "token-keys",
        service="moorage",
        issuer="moorage",
        subject=EVENTS_SUBJECT,
    )
    http = httpx.AsyncClient(base_url=url, timeout=1, trust_env=False)
    return Registry(Transport(http, tokens))


async def test_event_that_cannot_be_counted_is_dead_lettered_and_later_events_count(
    pool: pools.Pool, emptied: Database, events_secrets: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = history.History.count

    def failing(self: history.History, events: Iterable[history.PullEvent]) -> Any:
        events = list(events)
        if any(item.tag == "poison" for item in events):
            raise RuntimeError("poison")
        return genuine(self, events)

    monkeypatch.setattr(history.History, "count", failing)
    monkeypatch.setattr("services.events.counting.worker._RETRY_SECONDS", 0.0)
    poison = event(tag="poison")
    async with pool.connection() as connection:
        await store(connection, [event(tag="v1", at=n) for n in range(20)])
        await store(connection, [poison])
        await store(connection, [event(tag="v1", at=30 + n) for n in range(20)])
    arrivals = Arrivals()
    worker = asyncio.create_task(
        CountingWorker(
            pool,
            arrivals,
            IndexLookup(pool, registry_at("http://127.0.0.1:9", events_secrets), arrivals),
        ).run()
    )
    try:
        assert await counts(emptied) == {"v1": (40, 0)}
    finally:
        worker.cancel()
    (letter,) = await emptied.fetch("SELECT reason, raw FROM events.dead_letters")
    assert "RuntimeError" in letter["reason"]
    monkeypatch.undo()
    async with pool.connection() as connection:  # as a replay does
        (again,) = events_of(letter["raw"])
        assert again == parse_event(poison)
        await store_events(connection, [again])
        await count_all(connection)
    assert await counts(emptied) == {"v1": (40, 0), "poison": (1, 0)}


async def test_pull_of_an_unknown_index_delays_only_its_own_client(
    pool: pools.Pool, emptied: Database
) -> None:
    async with pool.connection() as connection:
        await store(
            connection, [get(0, "index", "v1"), get(1, "amd64"), get(2, tag="v1", user="bob")]
        )
        batch = await usecases.count_batch(connection, limit=100)
        assert (batch.claimed, batch.counted) == (3, 1)
        assert set(batch.unknown) == {ManifestRef("team/app", digest_of("index"))}
        await store(connection, [get(3, "arm64")])  # waits with the index whose child it is
        later = await usecases.count_batch(connection, limit=100)
        assert (later.claimed, later.counted) == (1, 0)
        await store_indexes(connection, "team/app")
        await indexes.resume_events(connection, ["team/app"])
        await count_all(connection)
    assert await counts(emptied) == {"v1": (2, 0)}


async def test_index_lookup_is_given_up_after_five_minutes(
    pool: pools.Pool, emptied: Database, events_secrets: Secrets
) -> None:
    arrivals = Arrivals()
    lookup = IndexLookup(pool, registry_at("http://127.0.0.1:9", events_secrets), arrivals)
    ref = ManifestRef("team/app", digest_of("index"))
    task = asyncio.create_task(lookup.run())

    async def stored() -> list[Any]:
        return await emptied.fetch("SELECT children, gone FROM events.indexes")

    try:
        now = datetime.now(UTC)
        lookup.request({ref: now - GIVE_UP_AFTER + timedelta(seconds=30)})
        other = ManifestRef("team/other", ref.digest)
        lookup.request({other: now - GIVE_UP_AFTER - timedelta(seconds=1)})
        (row,) = await soon(stored, within=10, what="the answer")
        assert (row["children"], row["gone"]) == ([], True)
    finally:
        task.cancel()


async def test_old_events_are_deleted_and_totals_stay(pool: pools.Pool, emptied: Database) -> None:
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


async def test_late_event_after_retention_withdraws_no_pull(
    pool: pools.Pool, emptied: Database
) -> None:
    async with pool.connection() as connection:
        await store_indexes(connection, "team/app")
        await store(connection, [get(0, "index", "v1"), get(1, "amd64"), get(2, "arm64")])
        await count_all(connection)
        await emptied.execute("DELETE FROM events.inbox WHERE tag = 'v1'")
        await emptied.execute("DELETE FROM events.checkpoints")
        await store(connection, [get(3, tag="v2")])
        await count_all(connection)
    assert await counts(emptied) == {"v1": (1, 0), "v2": (1, 0)}
