"""A double of a service: an HTTP server that records every request."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send

from tests.kit.waiting import eventually

START_SECONDS = 20.0
LONG_HEADER = 30 * 1024
"""Length of the header `Link` of a path that ends with `/long-header`, in bytes."""


@dataclass
class Service:
    """A double of a service. It records every request and returns it as JSON.

    As the gate of auth, it refuses requests if ``refuse_gated``, and returns ``registry_uri``.
    With ``over_quota``, it refuses requests with this message.
    """

    name: str
    port: int = 0
    received: list[dict[str, Any]] = field(default_factory=list)
    refuse_gated: bool = False
    registry_uri: str | None = None
    over_quota: str | None = None

    @property
    def address(self) -> str:
        """The address, as host:port."""
        return f"127.0.0.1:{self.port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        seen = {
            "service": self.name,
            "method": scope["method"],
            "path": scope["raw_path"].decode("latin-1"),
            "query": scope["query_string"].decode("latin-1"),
            "headers": [
                [key.decode("latin-1"), value.decode("latin-1")] for key, value in scope["headers"]
            ],
            "body": body.decode("latin-1"),
        }
        self.received.append(seen)
        status = (
            503
            if scope["path"].endswith("/unavailable")
            else 404
            if scope["path"].endswith("/missing")
            else 200
        )
        is_gate = scope["path"] == "/internal/gate"
        if (self.refuse_gated or self.over_quota) and is_gate:
            status = 403
        answer = json.dumps({**seen, "body": len(body)}).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(answer)).encode()),
            (b"x-request-id", b"made-by-the-service"),
            (b"x-accel-redirect", b"/healthz"),
            (b"server", b"secret-server/1.0"),
            (b"retry-after", b"7"),
        ]
        if self.over_quota is not None and is_gate:
            headers = headers[:-1]
            headers.append((b"x-refusal", b"over-quota"))
            headers.append((b"x-refusal-message", self.over_quota.encode()))
        if self.registry_uri is not None and is_gate:
            headers.append((b"x-registry-uri", self.registry_uri.encode()))
        if scope["path"].endswith("/long-header"):
            headers.append((b"link", b"x" * LONG_HEADER))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


@contextmanager
def running_service(name: str) -> Iterator[Service]:
    """Run a Service in its own thread."""
    service = Service(name)
    config = uvicorn.Config(
        service, lifespan="off", log_level="warning", proxy_headers=False, ws="none"
    )
    server = uvicorn.Server(config)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        service.port = listening.getsockname()[1]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            eventually(lambda: server.started, within=START_SECONDS, what=f"the service {name}")
            yield service
        finally:
            server.should_exit = True
            thread.join()
