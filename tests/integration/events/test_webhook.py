"""The webhook: its secret, the events that it stores, and its responses."""

import asyncio
import json
import tracemalloc
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from tests.integration.events.conftest import WEBHOOK_SECRET, Registry, counts
from tests.kit.database import Database
from tests.kit.pulls.envelopes import digest_of, event
from tests.kit.waiting import soon


async def stored(database: Database) -> int:
    return int((await database.fetch("SELECT count(*) FROM events.inbox"))[0][0])


async def dead_letters(database: Database) -> list[tuple[str, bytes]]:
    return [
        (row["reason"], row["raw"])
        for row in await database.fetch("SELECT reason, raw FROM events.dead_letters ORDER BY id")
    ]


def delivery_scope(authorization: str | None) -> dict[str, Any]:
    """Return the ASGI scope of a delivery, for tests that send the body themselves."""
    headers = [(b"authorization", authorization.encode())] if authorization is not None else []
    return {
        "type": "http",
        "method": "POST",
        "path": "/registry-events",
        "query_string": b"",
        "headers": headers,
        "client": None,
    }


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer wrong",
        f"Basic {WEBHOOK_SECRET}",
        WEBHOOK_SECRET,
        f"Bearer {WEBHOOK_SECRET}x",
    ],
)
async def test_delivery_without_the_secret_is_neither_read_nor_stored(
    app_and_client: tuple[FastAPI, httpx.AsyncClient], emptied: Database, authorization: str | None
) -> None:
    scope = delivery_scope(authorization)
    sent: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("the body was read")

    async def send(message: Any) -> None:
        sent.append(message)

    await app_and_client[0](scope, receive, send)
    assert sent[0]["status"] == 401
    assert await stored(emptied) == 0
    assert await dead_letters(emptied) == []


async def test_other_methods_than_post_are_refused(anonymous: httpx.AsyncClient) -> None:
    response = await anonymous.get(
        "/registry-events", headers={"Authorization": f"Bearer {WEBHOOK_SECRET}"}
    )
    assert response.status_code == 405


@pytest.mark.parametrize(
    "content_type",
    [
        "application/vnd.docker.distribution.events.v1+json",
        "application/vnd.docker.distribution.events.v2+json",
        "application/json; charset=utf-8",
        "text/plain",
    ],
)
async def test_pull_is_stored_and_counted(
    registry: Registry, emptied: Database, content_type: str
) -> None:
    response = await registry.send({"events": [event(tag="v1")]}, content_type=content_type)
    assert response.status_code == 202
    assert await counts(emptied) == {"v1": (1, 0)}


async def test_delivery_of_several_events_is_stored(registry: Registry, emptied: Database) -> None:
    assert (
        await registry.deliver(event(tag="v1"), event(tag="v1", at=1), event("push", tag="v1"))
    ).status_code == 202
    assert await stored(emptied) == 3
    assert await counts(emptied) == {"v1": (2, 0)}


async def test_delivery_without_events_is_accepted(registry: Registry, emptied: Database) -> None:
    assert (await registry.deliver()).status_code == 202
    assert await stored(emptied) == 0
    assert await dead_letters(emptied) == []


@pytest.mark.parametrize("raw", [b"", b"not json", b'{"events": {}}', b"[" * 50_000, b"\x00\xff"])
async def test_delivery_that_cannot_be_interpreted_is_dead_lettered_once(
    registry: Registry, emptied: Database, raw: bytes
) -> None:
    for _ in range(3):
        assert (await registry.send(raw)).status_code == 202
    assert [stored_raw for _, stored_raw in await dead_letters(emptied)] == [raw]


async def test_invalid_event_is_dead_lettered_and_the_others_are_stored(
    registry: Registry, emptied: Database
) -> None:
    invalid = event(tag="v1") | {"action": "frobnicate"}
    assert (
        await registry.deliver(event(tag="v1"), invalid, event(tag="v1", at=1))
    ).status_code == 202
    assert await counts(emptied) == {"v1": (2, 0)}
    ((reason, raw),) = await dead_letters(emptied)
    assert "frobnicate" in reason
    assert json.loads(raw) == invalid


async def test_delivery_of_ten_mebibytes_is_dead_lettered_in_bounded_memory(
    app_and_client: tuple[FastAPI, httpx.AsyncClient], emptied: Database
) -> None:
    chunk = b'{"events":[' + b" " * (64 * 1024 - 11)
    chunks = 160
    scope = delivery_scope(f"Bearer {WEBHOOK_SECRET}")
    left, sent = chunks, list[Any]()

    async def receive() -> Any:
        nonlocal left
        left -= 1
        return {"type": "http.request", "body": bytes(bytearray(chunk)), "more_body": left > 0}

    async def send(message: Any) -> None:
        sent.append(message)

    tracemalloc.start()
    try:
        await app_and_client[0](scope, receive, send)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sent[0]["status"] == 202
    assert left == 0
    assert peak < 7 * 1024 * 1024
    ((reason, raw),) = await dead_letters(emptied)
    assert str(chunks * len(chunk)) in reason
    assert raw == chunk[: 64 * 1024]


async def test_endless_body_is_not_read_to_its_end(
    app_and_client: tuple[FastAPI, httpx.AsyncClient], emptied: Database
) -> None:
    scope = delivery_scope(f"Bearer {WEBHOOK_SECRET}")
    chunk, sent = b"x" * 1024 * 1024, list[Any]()

    async def receive() -> Any:
        return {"type": "http.request", "body": chunk, "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    async with asyncio.timeout(20):
        await app_and_client[0](scope, receive, send)
    assert sent[0]["status"] == 202
    assert (b"connection", b"close") in sent[0]["headers"]


async def test_api_refuses_bodies_over_one_mebibyte(anonymous: httpx.AsyncClient) -> None:
    response = await anonymous.post(
        "/api/v1/events/dead-letters/1/replay", content=b"x" * (1024 * 1024 + 1)
    )
    assert response.status_code == 413


async def test_event_delivered_a_hundred_times_at_once_counts_once(
    registry: Registry, emptied: Database
) -> None:
    one = event(tag="v1")
    responses = await asyncio.gather(*(registry.deliver(one) for _ in range(100)))
    assert {response.status_code for response in responses} == {202}
    assert await stored(emptied) == 1
    assert await counts(emptied) == {"v1": (1, 0)}


async def test_event_delivered_again_after_it_was_counted_counts_once(
    registry: Registry, emptied: Database
) -> None:
    one = event(tag="v1")
    for _ in range(3):
        await registry.deliver(one)
        assert await counts(emptied) == {"v1": (1, 0)}


async def test_blobs_mounts_and_pulls_by_moorage_services_are_not_stored(
    registry: Registry, emptied: Database
) -> None:
    octets = "application/octet-stream"
    await registry.deliver(
        event(media_type=octets),
        event("push", media_type=octets),
        event("mount", media_type=octets),
        event(tag="v1", user="moorage:catalog"),
        event(tag="v1", method="HEAD", user="moorage:events"),
    )
    assert await stored(emptied) == 0


async def test_push_and_deletion_are_in_the_feed_and_the_catalog_is_notified(
    registry: Registry, emptied: Database
) -> None:
    notifications: list[str] = []
    listener = await asyncpg.connect(emptied.urls["catalog"])
    try:
        await listener.add_listener("moorage_feed", lambda *_: notifications.append("feed"))
        delete = event("delete", tag="v1")
        del delete["target"]["digest"], delete["target"]["mediaType"]
        await registry.deliver(event("push", tag="v1", user="alice"), delete)

        async def received() -> int:
            return len(notifications)

        await soon(received, within=2, what="NOTIFY moorage_feed")
        rows = await listener.fetch(
            "SELECT action, repository, tag, digest, docker_user"
            " FROM events.registry_feed ORDER BY id"
        )
        assert [tuple(row) for row in rows] == [
            ("push", "team/app", "v1", digest_of("image"), "alice"),
            ("delete", "team/app", "v1", None, "alice"),
        ]
    finally:
        await listener.close()
