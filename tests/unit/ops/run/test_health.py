"""Which processes hang."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from ops.host.ports import reserve
from ops.run import health
from ops.run.health import HealthCheck, Watch

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
    writer.close()


async def _close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def _hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


@pytest.mark.parametrize(
    ("serve", "expected"),
    [
        (_answer, True),
        # As a gateway does that has no connection left. Its death would hurt every client.
        (_close, True),
        (_hang, False),
    ],
)
async def test_process_that_reacts_does_not_hang(
    monkeypatch: pytest.MonkeyPatch, serve: Serve, expected: bool
) -> None:
    monkeypatch.setattr(health, "ANSWER_SECONDS", 0.2)
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        port: int = server.sockets[0].getsockname()[1]
        assert await health.answers(HealthCheck(port)) is expected
    finally:
        server.close()


async def test_process_that_does_not_listen_does_not_answer() -> None:
    with reserve() as port:
        assert not await health.answers(HealthCheck(port.number))


async def test_three_failures_in_a_row_are_a_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    results = iter([False, True, False, False, True, False, False, False])

    async def answers(_: HealthCheck) -> bool:
        return next(results)

    monkeypatch.setattr(health, "answers", answers)
    watch = Watch(HealthCheck(1))
    assert [await watch.hangs() for _ in range(8)] == [False] * 7 + [True]
