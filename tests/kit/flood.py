"""A flood: processes that send the same request again and again, as fast as they get answers."""

from __future__ import annotations

import multiprocessing
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.sharedctypes import Synchronized

from tests.kit.waiting import eventually

UNIQUE = b"@unique@"
"""Each request has other characters in its place."""
_processes = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Flood:
    """Requests that are sent at the same time, one per connection."""

    name: str
    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def encode(self, port: int) -> bytes:
        """Return the bytes of the request."""
        headers = {"Host": f"127.0.0.1:{port}", **self.headers}
        if self.method != "GET":
            headers["Content-Length"] = str(len(self.body))
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"{self.method} {self.target} HTTP/1.1\r\n{lines}\r\n"
        return head.encode("latin-1") + self.body


@dataclass(slots=True)
class Sent:
    """How many requests of a flood were answered, and the last status."""

    _count: Synchronized[int]
    _status: Synchronized[int]
    started: float

    @property
    def count(self) -> int:
        """The number of answers."""
        return self._count.value

    @property
    def status(self) -> int:
        """The status of the last answer."""
        return self._status.value

    @property
    def per_second(self) -> float:
        """The number of answers per second."""
        return self.count / (time.monotonic() - self.started)


@contextmanager
def flooding(
    port: int, flood: Flood, *, connections: int = 4, source: str = "127.0.0.50"
) -> Iterator[Sent]:
    """Flood a gateway from ``source`` while the context is open."""
    count, status = _processes.Value("q", 0), _processes.Value("i", 0)
    senders = [
        _processes.Process(
            target=_send, args=(port, flood.encode(port), source, count, status), daemon=True
        )
        for _ in range(connections)
    ]
    for sender in senders:
        sender.start()
    try:
        eventually(lambda: count.value >= connections, within=60, what="the first answers")
        count.value = 0
        yield Sent(count, status, time.monotonic())
    finally:
        for sender in senders:
            sender.terminate()
            sender.join()


def _send(
    port: int,
    request: bytes,
    source: str,
    count: Synchronized[int],
    status: Synchronized[int],
) -> None:
    connection: socket.socket | None = None
    while True:
        if connection is None:
            connection = socket.create_connection(
                ("127.0.0.1", port), timeout=60, source_address=(source, 0)
            )
        try:
            connection.sendall(request.replace(UNIQUE, secrets.token_hex(4).encode()))
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += _receive(connection)
            head, _, body = answer.partition(b"\r\n\r\n")
            lines = head.lower().split(b"\r\n")
            length = next((int(x[15:]) for x in lines if x.startswith(b"content-length:")), 0)
            received = len(body)
            while received < length:
                received += len(_receive(connection))
        except ConnectionError:
            connection = None
            continue
        with count.get_lock():
            count.value += 1
            status.value = int(lines[0].split()[1])
        if b"connection: close" in lines:
            connection.close()
            connection = None


def _receive(connection: socket.socket) -> bytes:
    chunk = connection.recv(65536)
    if not chunk:
        raise ConnectionResetError
    return chunk
