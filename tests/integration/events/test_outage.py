"""The webhook and the counting while the database is unreachable, and afterwards."""

import asyncio
import time
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from tests.integration.events.conftest import Registry, counts, events_settings, running
from tests.kit.database import Database
from tests.kit.pulls.envelopes import event
from tests.kit.relay import Relay, relay
from tests.kit.sessions import Secrets


def through(url: str, port: int) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{port}"))


@pytest.fixture
async def line(emptied: Database) -> AsyncIterator[Relay]:
    """The network between the service and its database."""
    port = urlsplit(emptied.urls["events"]).port
    assert port is not None
    async with relay(port) as found:
        yield found


@pytest.fixture
async def app_and_client(
    emptied: Database, events_secrets: Secrets, line: Relay
) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    async with running(
        events_settings(through(emptied.urls["events"], line.port), events_secrets)
    ) as pair:
        yield pair


async def test_webhook_answers_503_within_a_second_while_the_database_is_unreachable(
    registry: Registry, emptied: Database, line: Relay
) -> None:
    assert (await registry.deliver(event(tag="v1"))).status_code == 202
    await line.cut()
    late = event(tag="v1", at=1)
    for body in (late, {"no": "event"}):
        started = time.monotonic()
        response = await registry.deliver(body)
        assert response.status_code == 503
        assert response.json()["code"] == "database_unavailable"
        assert time.monotonic() - started < 1
    await line.repair()
    assert (await registry.deliver(late)).status_code == 202
    assert await counts(emptied) == {"v1": (2, 0)}


async def test_webhook_answers_503_within_a_second_while_the_database_hangs(
    registry: Registry, emptied: Database
) -> None:
    await registry.deliver(event(tag="v1"))
    late = [event(tag="v1", at=n) for n in range(1, 9)]
    holder = await asyncpg.connect(emptied.urls["owner"])
    try:
        async with holder.transaction():
            await holder.execute("LOCK TABLE events.inbox IN ACCESS EXCLUSIVE MODE")
            started = time.monotonic()
            responses = await asyncio.gather(*(registry.deliver(item) for item in late))
            assert {response.status_code for response in responses} == {503}
            assert time.monotonic() - started < 1
    finally:
        await holder.close()
    for item in late:  # as the registry does; stored events are not stored again
        assert (await registry.deliver(item)).status_code == 202
    assert await counts(emptied) == {"v1": (9, 0)}


async def test_delivery_is_stored_although_the_pooled_connection_is_dead(
    registry: Registry, emptied: Database
) -> None:
    await registry.deliver(event(tag="v1"))
    killer = await asyncpg.connect(emptied.urls["events"])
    try:
        assert await killer.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename = current_user AND pid <> pg_backend_pid()"
        )
    finally:
        await killer.close()
    assert (await registry.deliver(event(tag="v1", at=1))).status_code == 202
    assert await counts(emptied) == {"v1": (2, 0)}


async def test_service_starts_while_the_database_is_unreachable(
    emptied: Database, events_secrets: Secrets, line: Relay
) -> None:
    await line.cut()
    async with running(
        events_settings(through(emptied.urls["events"], line.port), events_secrets)
    ) as (_, http):
        assert (await Registry(http).deliver(event(tag="v1"))).status_code == 503
        assert (await http.get("/healthz")).status_code == 200
        assert (await http.get("/readyz")).status_code == 503
        await line.repair()
        assert (await Registry(http).deliver(event(tag="v1"))).status_code == 202
        assert await counts(emptied) == {"v1": (1, 0)}
