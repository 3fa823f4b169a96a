"""A minimal HTTP client on one connection, for requests that wrk cannot send.

A full client would take longer than the server that is measured.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Response:
    """A response; the names of its headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connection:
    """One HTTP/1.1 connection to ``127.0.0.1:port``; use it in an `async with` statement."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Self:
        await self._open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.close()

    async def _open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(
            "127.0.0.1", self._port, limit=2**20
        )

    async def request(
        self, method: str, path: str, headers: dict[str, str], body: bytes = b""
    ) -> tuple[int, bytes]:
        """Send one request and return the status and the body of the response."""
        response = await self.exchange(method, path, headers, body)
        return response.status, response.body

    async def exchange(
        self, method: str, path: str, headers: dict[str, str], body: bytes = b""
    ) -> Response:
        """Send one request and return the response with its headers."""
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: 127.0.0.1:{self._port}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        if body or method in ("POST", "PATCH", "PUT"):
            lines.append(f"Content-Length: {len(body)}")
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *rest = head.rstrip().split("\r\n")
        received = {name.lower(): value for name, value in (line.split(": ", 1) for line in rest)}
        if "content-length" not in received:
            raise ConnectionError(f"response without Content-Length: {head[:200]!r}")
        length = 0 if method == "HEAD" else int(received["content-length"])
        content = await self._reader.readexactly(length)
        if received.get("connection") == "close":  # nginx does so after 1,000 requests
            self._writer.close()
            await self._open()
        return Response(int(first.split(" ", 2)[1]), received, content)
