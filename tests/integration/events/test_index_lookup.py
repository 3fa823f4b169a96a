"""Pulls that wait for the children of an index."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from libs.common.db.pool import Pool
from services.events.counting import usecases
from services.events.indexes import queries as indexes
from services.events.indexes.domain import GIVE_UP_AFTER, ManifestRef
from services.events.indexes.worker import IndexLookup
from services.events.ingest.arrivals import Arrivals
from tests.integration.events.conftest import counts, registry_client
from tests.integration.events.inbox import count_all, store, store_indexes
from tests.kit.database import Database
from tests.kit.pulls.envelopes import digest_of
from tests.kit.pulls.patterns import get
from tests.kit.sessions import Secrets
from tests.kit.waiting import soon


async def test_pull_of_an_unknown_index_delays_only_its_own_client(
    pool: Pool, emptied: Database
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
    pool: Pool, emptied: Database, events_secrets: Secrets
) -> None:
    arrivals = Arrivals()
    lookup = IndexLookup(pool, registry_client("http://127.0.0.1:9", events_secrets), arrivals)
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
