"""A stop waits for the registry's queued events, but not for ever."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from ops.db.postgres import EmbeddedServer, start_embedded
from ops.run import drain


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    with start_embedded(tmp_path_factory.mktemp("drain") / "db") as running:
        yield running


@pytest.fixture
async def inbox(server: EmbeddedServer) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(server.superuser_url)
    await connection.execute(
        "DROP SCHEMA IF EXISTS events CASCADE; CREATE SCHEMA events;"
        "CREATE TABLE events.inbox (id serial PRIMARY KEY)"
    )
    yield connection
    await connection.close()


async def deliver(inbox: asyncpg.Connection, times: int, every: float) -> float:
    """Insert events one by one, and return the time of the last."""
    for _ in range(times):
        await inbox.execute("INSERT INTO events.inbox DEFAULT VALUES")
        await asyncio.sleep(every)
    return time.monotonic()


async def test_drain_waits_for_events_that_are_still_delivered(
    server: EmbeddedServer, inbox: asyncpg.Connection
) -> None:
    delivery = asyncio.create_task(deliver(inbox, times=10, every=0.1))
    await drain.drain(server.superuser_url)
    assert delivery.done()
    assert time.monotonic() - delivery.result() < 2


async def test_drain_returns_while_events_never_stop(
    server: EmbeddedServer, inbox: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain, "_LONGEST_SECONDS", 1.0)
    delivery = asyncio.create_task(deliver(inbox, times=1000, every=0.05))
    began = time.monotonic()
    await drain.drain(server.superuser_url)
    assert 0.9 < time.monotonic() - began < 5
    delivery.cancel()
    await asyncio.gather(delivery, return_exceptions=True)


async def test_drain_returns_at_once_if_the_database_is_unreachable() -> None:
    began = time.monotonic()
    await drain.drain("postgresql://a:b@127.0.0.1:1/c")
    assert time.monotonic() - began < 2
