"""Counting on PostgreSQL: the result depends on no order, batch size, or number of workers."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.common.db.pool import Connection
from services.events.counting import queries, usecases
from tests.integration.events.conftest import Registry, counts, make_repository
from tests.integration.events.inbox import count_all, store, store_indexes
from tests.kit.database import Database
from tests.kit.pulls.envelopes import digest_of, event
from tests.kit.pulls.patterns import (
    CHILDREN,
    Counts,
    Pattern,
    get,
    head,
    patterns,
    signature_patterns,
)
from tests.kit.pulls.sums import assert_hours_hold
from tests.kit.waiting import soon


@pytest.fixture
async def connection(emptied: Database) -> AsyncIterator[Connection]:
    """A connection with the role of the service, to a database that has the indexes."""
    found = await asyncpg.connect(emptied.urls["events"])
    await store_indexes(found, "team/app")
    yield found
    await found.close()


@pytest.mark.parametrize("pattern", patterns() + signature_patterns(), ids=str)
async def test_events_of_a_real_client_count_the_same_in_any_order(
    connection: Connection, emptied: Database, pattern: Pattern
) -> None:
    shuffled = list(pattern.events)
    random.Random(pattern.name).shuffle(shuffled)
    for item in shuffled:
        await store(connection, [item])
        await count_all(connection)
    assert await counts(emptied) == pattern.expected
    await assert_hours_hold(connection)


def merged(expected: Sequence[Counts]) -> Counts:
    pulls, checks = Counter[str](), Counter[str]()
    for one in expected:
        for tag, (p, c) in one.items():
            pulls[tag] += p
            checks[tag] += c
    return {tag: (pulls[tag], checks[tag]) for tag in pulls | checks}


async def test_shuffled_events_are_counted_exactly_once_by_several_workers(
    emptied: Database, connection: Connection
) -> None:
    raw: list[dict[str, Any]] = []
    expected: list[Counts] = []
    client = 0
    while len(raw) < 10_000:
        for pattern in patterns():
            client += 1
            for item in pattern.events:
                item["request"]["addr"] = f"10.1.{client // 250 % 250}.{client % 250}:1"
                item["actor"]["name"] = f"robot-{client % 7}"
                item["request"]["id"] += f"-{client}"
            raw += pattern.events
            expected.append(pattern.expected)
    random.Random(7).shuffle(raw)

    async def work() -> None:
        own = await asyncpg.connect(emptied.urls["events"])
        try:
            while True:
                all_stored = done.is_set()
                batch = await usecases.count_batch(own, limit=700)
                if all_stored and not batch.claimed:
                    return
                await asyncio.sleep(0)
        finally:
            await own.close()

    done = asyncio.Event()
    workers = [asyncio.create_task(work()) for _ in range(3)]
    for start in range(0, len(raw), 97):
        await store(connection, raw[start : start + 97])
    done.set()
    await asyncio.gather(*workers)
    await count_all(connection)
    assert await counts(emptied) == merged(expected)
    await assert_hours_hold(connection)


async def test_shuffled_events_of_one_busy_client_count_as_in_order(
    emptied: Database, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usecases, "CHECKPOINT_EVERY", 20)
    raw: list[dict[str, Any]] = []
    for n in range(120):
        raw += [head(n * 30, "index"), get(n * 30 + 0.1, "index")]
        raw += [get(n * 30 + 1 + part, child) for part, child in enumerate(CHILDREN)]
    random.Random(3).shuffle(raw)
    for start in range(0, len(raw), 50):
        await store(connection, raw[start : start + 50])
        await count_all(connection)
    assert await counts(emptied) == {"v1": (120, 120)}
    await assert_hours_hold(connection)
    kept = await connection.fetch("SELECT run FROM events.checkpoints ORDER BY at_ns")
    assert 20 <= len(kept) <= 40
    assert all(row["run"] >= 20 for row in kept[:-1])


_step = st.tuples(
    st.sampled_from([head, get]),
    st.sampled_from(["index", "amd64", "arm64", "image"]),
    st.sampled_from([None, "v1", "v2"]),
    st.sampled_from([0.0, 0.001, 1.0, 119.0, 121.0, 600.0, 901.0]),
    st.sampled_from(["docker", "containerd"]),
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(_step, max_size=25), st.randoms(use_true_random=False))
async def test_reordered_repeated_and_split_deliveries_count_as_the_events_in_order(
    emptied: Database, steps: list[tuple[Any, str, str | None, float, str]], dice: random.Random
) -> None:
    raw, at = [], 0.0
    for make, digest, tag, pause, agent in steps:
        at += pause
        raw.append(make(at, digest, tag, agent=agent))
    connection = await asyncpg.connect(emptied.urls["events"])
    other = await asyncpg.connect(emptied.urls["events"])
    try:
        await emptied.empty()
        await store_indexes(connection, "team/app")
        await store(connection, raw)
        await count_all(connection)
        in_order = await counts(emptied)
        await emptied.empty()
        await store_indexes(connection, "team/app")
        doubled = raw + [item for item in raw if dice.random() < 0.3]
        dice.shuffle(doubled)
        while doubled:
            cut = dice.randint(1, len(doubled))
            await store(connection, doubled[:cut])
            doubled = doubled[cut:]
            limit = dice.randint(1, 10)
            await asyncio.gather(
                usecases.count_batch(connection, limit=limit),
                usecases.count_batch(other, limit=limit),
            )
        await count_all(other)
        assert await counts(emptied) == in_order
        await assert_hours_hold(connection)
    finally:
        await connection.close()
        await other.close()


async def test_late_event_moves_a_pull_to_its_tag(
    connection: Connection, emptied: Database
) -> None:
    await store(connection, [get(0.1, "index"), get(0.2, "amd64")])
    await count_all(connection)
    assert await counts(emptied) == {"": (1, 0)}
    await store(connection, [head(0, "index")])
    await count_all(connection)
    assert await counts(emptied) == {"v1": (1, 1)}
    moved = await connection.fetchrow(
        "SELECT pulls, last_pulled_at FROM events.pull_hours WHERE tag = ''"
    )
    assert moved is not None
    assert tuple(moved) == (0, None)


async def test_each_hour_of_a_tag_is_one_row(connection: Connection) -> None:
    await store(connection, [get(0, tag="v1"), get(3599.9, tag="v1"), get(3600, tag="v1")])
    await count_all(connection)
    rows = await connection.fetch("SELECT pulls FROM events.pull_hours ORDER BY hour")
    assert [row["pulls"] for row in rows] == [2, 1]


async def test_worker_killed_before_its_commit_neither_loses_nor_repeats_a_pull(
    connection: Connection, emptied: Database
) -> None:
    await store(connection, [get(n, tag="v1") for n in range(20)])
    # The worker claims events and waits for the lock of their client. There it is killed.
    holder = await asyncpg.connect(emptied.urls["events"])
    victim = await asyncpg.connect(emptied.urls["events"])
    pid = victim.get_server_pid()
    try:
        async with holder.transaction():
            (client,) = await queries.claim_events(holder, limit=1)
            await queries.lock_clients(holder, [client])
            task = asyncio.create_task(usecases.count_batch(victim, limit=10))
            waits = "SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock'"
            await soon(
                lambda: holder.fetch(waits, pid),
                within=10,
                what="the worker to wait for the lock of its client",
            )
            await holder.execute("SELECT pg_terminate_backend($1)", pid)
            with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
                await task
    finally:
        await holder.close()
        victim.terminate()
    await count_all(connection)
    assert await counts(emptied) == {"v1": (20, 0)}


async def test_children_of_an_index_are_read_from_the_catalog(
    connection: Connection, emptied: Database, registry: Registry
) -> None:
    children = [digest_of(child) for child in ("s390x", "riscv64")]
    await make_repository(
        emptied, "other/charts/app", account="acme", indexes={digest_of("index-2"): children}
    )
    await registry.deliver(
        get(0, "index-2", "v1", repository="other/charts/app"),
        get(1, "riscv64", repository="other/charts/app"),
    )
    assert await counts(emptied, "other/charts/app") == {"v1": (1, 0)}


async def test_pulls_of_a_deleted_repository_do_not_count_for_its_successor(
    connection: Connection, emptied: Database
) -> None:
    total = (
        "SELECT coalesce(sum(pulls), 0)::int FROM events.pull_totals WHERE repository = 'team/app'"
    )
    await store(connection, [get(0, tag="v1"), get(10, tag="v1")])
    await count_all(connection)
    assert await connection.fetchval(total) == 2
    await emptied.execute(
        "INSERT INTO catalog.reserved_names (kind, name, available_at)"
        " VALUES ('repository', 'team/app', to_timestamp($1))",
        1_795_500_000 + 1000,
    )
    assert await connection.fetchval(total) == 0
    late = get(20, tag="v1")
    await store(connection, [late, get(1000, tag="v1"), get(1001, tag="v1")])
    await count_all(connection)
    assert await connection.fetchval(total) == 2


async def test_catalog_is_notified_of_changed_totals(
    connection: Connection, emptied: Database
) -> None:
    notified = asyncio.Event()
    listener = await asyncpg.connect(emptied.urls["catalog"])
    try:
        await listener.add_listener("moorage_counts", lambda *_: notified.set())
        before = await listener.fetchval(
            "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
        )
        await store(connection, [get(0, tag="v1")])
        await count_all(connection)
        async with asyncio.timeout(2):
            await notified.wait()
        assert (
            await listener.fetchval("SELECT count(*) FROM events.pull_sums WHERE xid >= $1", before)
            == 1
        )
    finally:
        await listener.close()


async def test_clients_differ_by_docker_user_address_and_user_agent(
    connection: Connection, emptied: Database
) -> None:
    raw = [
        head(0, "index"),
        get(1, "index", user="bob"),
        get(1, "index", addr="10.0.0.2:1"),
        get(1, "index", agent="other"),
    ]
    await store(
        connection,
        [*raw, get(2, "index", addr="10.0.0.1:999"), event(at=3, repository="team/other")],
    )
    await count_all(connection)
    assert await counts(emptied) == {"v1": (1, 1), "": (3, 0)}
    assert await counts(emptied, "team/other") == {"": (1, 0)}
