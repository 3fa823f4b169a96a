"""The work beside the requests: what fails, what waits, and what is deleted."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from libs.common.db import pool as pools
from libs.common.registry.client import Registry
from libs.common.registry.manifests import child_digests
from libs.common.registry.tokens import EVENTS_SUBJECT, RegistryTokens
from services.events.counting import domain, lookups, queries, usecases
from services.events.counting.retention import Retention
from services.events.counting.worker import CountingWorker
from services.events.dead_letters.domain import read_again
from services.events.feed.wakeup import Wakeup
from services.events.ingest.domain import parse_event
from services.events.ingest.queries import store_events
from tests.integration.events.conftest import Secrets, counts
from tests.integration.events.test_counting import count_all, know_indexes, store
from tests.kit.database import Database
from tests.kit.envelopes import digest_of, event
from tests.kit.pull_patterns import get
from tests.kit.waiting import soon


@pytest.fixture
async def pool(emptied: Database) -> AsyncIterator[pools.Pool]:
    found = pools.Pool(emptied.urls["events"], application_name="tests", size=4)
    yield found
    await found.close()


def registry_at(url: str, events_secrets: Secrets) -> Registry:
    http = httpx.AsyncClient(base_url=url, trust_env=False)
    tokens = RegistryTokens(
        keys=events_secrets.directory / "token-keys",
        service="moorage",
        issuer="moorage",
        subject=EVENTS_SUBJECT,
    )
    return Registry(httpx.AsyncClient(base_url=url, timeout=1), tokens)


async def test_an_event_that_cannot_be_counted_is_set_aside_and_those_behind_it_count(
    pool: pools.Pool, emptied: Database, events_secrets: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = domain.History.count

    def failing(self: domain.History, events: Iterable[domain.PullEvent]) -> Any:
        events = list(events)
        if any(item.tag == "poison" for item in events):
            raise RuntimeError("poison")
        return genuine(self, events)

    monkeypatch.setattr(domain.History, "count", failing)
    monkeypatch.setattr("services.events.counting.worker._FAILED_SECONDS", 0.0)
    poison = event(tag="poison")
    async with pool.connection() as connection:
        await store(connection, [event(tag="v1", at=n) for n in range(20)])
        await store(connection, [poison])
        await store(connection, [event(tag="v1", at=30 + n) for n in range(20)])
    wakeup = Wakeup()
    worker = asyncio.create_task(
        CountingWorker(
            pool,
            wakeup,
            lookups.Lookups(pool, registry_at("http://127.0.0.1:9", events_secrets), wakeup),
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
        (again,) = read_again(letter["raw"]).events
        assert again == parse_event(poison)
        await store_events(connection, [again])
        await count_all(connection)
    assert await counts(emptied) == {"v1": (40, 0), "poison": (1, 0)}


async def test_a_pull_waits_for_its_index_and_holds_up_nobody_else(
    pool: pools.Pool, emptied: Database
) -> None:
    async with pool.connection() as connection:
        await store(
            connection, [get(0, "index", "v1"), get(1, "amd64"), get(2, tag="v1", user="bob")]
        )
        batch = await usecases.count_batch(connection, 100)
        assert (batch.claimed, batch.counted) == (3, 1)
        assert set(batch.unknown) == {("team/app", digest_of("index"))}
        await store(connection, [get(3, "arm64")])  # a child of what waits waits with it
        later = await usecases.count_batch(connection, 100)
        assert (later.claimed, later.counted) == (1, 0)
        await know_indexes(connection, "team/app")
        await queries.resume(connection, ["team/app"])
        await count_all(connection)
    assert await counts(emptied) == {"v1": (2, 0)}


async def test_an_index_that_cannot_be_looked_up_for_long_has_no_children(
    pool: pools.Pool, emptied: Database, events_secrets: Secrets
) -> None:
    wakeup = Wakeup()
    looking = lookups.Lookups(pool, registry_at("http://127.0.0.1:9", events_secrets), wakeup)
    pair = ("team/app", digest_of("index"))
    task = asyncio.create_task(looking.run())

    async def known() -> list[Any]:
        return await emptied.fetch("SELECT children, gone FROM events.indexes")

    try:
        looking.want({pair: datetime.now(UTC) - lookups.GIVE_UP_AFTER + timedelta(seconds=30)})
        looking.want(
            {
                ("team/other", pair[1]): datetime.now(UTC)
                - lookups.GIVE_UP_AFTER
                - timedelta(seconds=1)
            }
        )
        (row,) = await soon(known, within=10, what="the answer")
        assert (row["children"], row["gone"]) == ([], True)
    finally:
        task.cancel()


async def test_what_was_counted_long_ago_is_deleted_and_totals_stay(
    pool: pools.Pool, emptied: Database
) -> None:
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
    assert await retention.delete() == 0  # the catalog has not read it
    await emptied.execute(
        "INSERT INTO catalog.feed_positions SELECT 'registry', xid || ':' || id FROM events.inbox WHERE tag = 'v1'"
    )
    assert await retention.delete() == 1
    async with pool.connection() as connection:
        await count_all(connection)
    assert await counts(emptied) == {"v1": (3, 0), "v2": (1, 0)}


async def test_late_events_on_a_client_whose_past_was_deleted_take_nothing_away(
    pool: pools.Pool, emptied: Database
) -> None:
    async with pool.connection() as connection:
        await know_indexes(connection, "team/app")
        await store(connection, [get(0, "index", "v1"), get(1, "amd64"), get(2, "arm64")])
        await count_all(connection)
        await emptied.execute("DELETE FROM events.inbox WHERE tag = 'v1'")
        await emptied.execute("DELETE FROM events.checkpoints")
        await store(connection, [get(3, tag="v2")])
        await count_all(connection)
    assert await counts(emptied) == {"v1": (1, 0), "v2": (1, 0)}


@pytest.mark.parametrize(
    ("manifest", "children"),
    [
        (
            b'{"manifests": [{"digest": "sha256:1"}, {"digest": "sha256:2"}, {"digest": "sha256:1"}]}',
            ("sha256:1", "sha256:2"),
        ),
        (b'{"layers": []}', ()),
        (b'{"manifests": [1, {"digest": 7}, {"digest": ""}]}', ()),
        (b"[]", ()),
        (b"{", ()),
    ],
)
def test_the_children_in_a_manifest(manifest: bytes, children: tuple[str, ...]) -> None:
    assert child_digests(manifest, limit=1000) == children
