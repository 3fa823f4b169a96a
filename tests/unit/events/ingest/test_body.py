"""Bodies of deliveries are read in bounded memory."""

import asyncio
import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.types import Receive

from services.events.ingest import body
from services.events.ingest.domain import MAX_ENVELOPE_BYTES

MIB = 1024 * 1024


def receiver(messages: Iterator[dict[str, Any]]) -> Receive:
    async def receive() -> dict[str, Any]:
        return next(messages)

    return receive


def chunks(*parts: bytes) -> Receive:
    """Send ``parts`` as the chunks of one body."""
    last = len(parts) - 1
    return receiver(
        iter(
            {"type": "http.request", "body": part, "more_body": n < last}
            for n, part in enumerate(parts)
        )
    )


async def test_body_in_chunks_is_joined() -> None:
    read = await body.read(chunks(b"ab", b"", b"c"))
    assert read == body.Body(b"abc", 3, hashlib.sha256(b"abc").digest(), complete=True)
    assert not read.too_large


async def test_only_the_beginning_of_a_body_that_is_too_large_is_kept() -> None:
    parts = [bytes([n]) * MIB for n in range(5)]
    read = await body.read(chunks(*parts))
    assert read.too_large
    assert (read.size, read.complete) == (5 * MIB, True)
    assert read.size > MAX_ENVELOPE_BYTES
    assert read.content == bytes(64 * 1024)
    assert read.digest == hashlib.sha256(b"".join(parts)).digest()


async def test_body_without_end_is_not_read_beyond_64_mebibytes() -> None:
    endless = iter(lambda: {"type": "http.request", "body": bytes(MIB), "more_body": True}, None)
    read = await body.read(receiver(endless))
    assert (read.size, read.complete) == (65 * MIB, False)


async def test_sender_that_disconnects_leaves_an_incomplete_body() -> None:
    with pytest.raises(body.IncompleteBody):
        await body.read(receiver(iter([{"type": "http.disconnect"}])))


async def test_sender_that_is_too_slow_leaves_an_incomplete_body(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def receive() -> dict[str, Any]:
        await asyncio.sleep(60)
        raise AssertionError

    monkeypatch.setattr(body, "_READ_SECONDS", 0.01)
    with pytest.raises(body.IncompleteBody):
        await body.read(receive)
