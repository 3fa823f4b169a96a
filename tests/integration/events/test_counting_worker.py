"""The counting worker: an event that cannot be counted does not stop the others."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from libs.common.db.pool import Pool
from services.events.counting.worker import CountingWorker
from services.events.dead_letters.domain import events_of
from services.events.history import domain as history
from services.events.indexes.worker import IndexLookup
from services.events.ingest.arrivals import Arrivals
from services.events.ingest.domain import parse_event
from services.events.ingest.queries import store_events
from tests.integration.events.conftest import counts, registry_client
from tests.integration.events.inbox import count_all, store
from tests.kit.database import Database
from tests.kit.pulls.envelopes import event
from tests.kit.sessions import Secrets


async def test_event_that_cannot_be_counted_is_dead_lettered_and_later_events_count(
    pool: Pool, emptied: Database, events_secrets: Secrets, monkeypatch: pytest.MonkeyPatch
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
            IndexLookup(pool, registry_client("http://127.0.0.1:9", events_secrets), arrivals),
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
