"""Runs nginx and Distribution, and doubles of the three services that record every request."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.types import Receive, Scope, Send

from ops.host.environment import child_environment
from ops.host.ports import reserve
from ops.host.privileges import RunUser
from ops.host.render import GATEWAY, REGISTRY, render
from ops.install.api_page import publish_api_page
from ops.install.debian import Tool
from tests.kit.waiting import eventually

START_SECONDS = 20.0
TRUSTED = "127.0.0.9"
"""The address of the proxy that the gateways trust. A test binds it to connect as the proxy."""


@dataclass
class Service:
    """A double of one of the three services.

    It records every request, and answers with the request as it arrived.
    """

    name: str
    port: int = 0
    received: list[dict[str, Any]] = field(default_factory=list)
    refuse_writes: bool = False

    @property
    def address(self) -> str:
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
        if self.refuse_writes and scope["path"] == "/internal/writes":
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
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


@contextmanager
def running_service(name: str) -> Iterator[Service]:
    """Run a Service in a thread of its own."""
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


@contextmanager
def _process(
    user: RunUser, command: list[str | Path], output: Path, ready: str, environment: dict[str, str]
) -> Iterator[None]:
    """Run a server until the block ends. It answers the URL ``ready`` as soon as it is up."""
    argv = user.command([str(word) for word in command])
    with output.open("ab") as log:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
        )
    try:
        eventually(
            lambda: process.poll() is not None or _answers(ready), within=START_SECONDS, what=ready
        )
        assert process.poll() is None, output.read_text()
        yield
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, verify=False, trust_env=False).status_code < 500
    except httpx.TransportError:
        return False


@dataclass(frozen=True, slots=True)
class Registry:
    """A running Distribution."""

    address: str
    storage: Path
    log: Path


@contextmanager
def running_registry(
    distribution: Tool, user: RunUser, folder: Path, *, ca: Path, webhook: str, secret: str
) -> Iterator[Registry]:
    """Run Distribution with the project's own configuration."""
    with reserve() as port:
        registry = Registry(port.address, folder / "storage", folder / "registry.log")
    registry.storage.mkdir()
    user.own(registry.storage)
    config = folder / "config.yml"
    config.write_text(
        render(
            REGISTRY,
            listen_address=registry.address,
            debug_address=None,
            storage_root=str(registry.storage),
            http_secret="upload-state-secret",
            token_realm="http://gateway.invalid/token",
            token_service="moorage",
            token_issuer="moorage",
            token_ca_path=str(ca),
            webhook_url=webhook,
            webhook_secret=secret,
        )
    )
    environment = child_environment(OTEL_TRACES_EXPORTER="none", **distribution.environment)
    with _process(
        user,
        [distribution.path, "serve", config],
        registry.log,
        f"http://{registry.address}/",
        environment,
    ):
        yield registry


@dataclass(frozen=True, slots=True)
class Gateway:
    """A running nginx with the project's own configuration."""

    port: int
    folder: Path
    scheme: str = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def error_log(self) -> str:
        return (self.folder / "error.log").read_text()

    def logged(self, request_id: str) -> dict[str, Any]:
        """Return the line of one request in the access log. nginx writes it after the response."""
        lines = eventually(
            lambda: [
                line
                for line in (self.folder / "access.log").read_text().splitlines()
                if request_id in line
            ],
            within=5,
            what="the line in the access log",
        )
        assert len(lines) == 1
        line: dict[str, Any] = json.loads(lines[0])
        return line

    def client(
        self, *, source: str | None = None, verify: Any = True, **options: Any
    ) -> httpx.Client:
        """Return a client that connects from the address ``source``."""
        transport = httpx.HTTPTransport(local_address=source, verify=verify)
        return httpx.Client(base_url=self.url, transport=transport, trust_env=False, **options)

    def raw(self, request: str | bytes) -> tuple[int, dict[str, str], bytes]:
        """Send bytes that no HTTP client would send, and return status, headers, and body."""
        sent = request if isinstance(request, bytes) else request.encode("latin-1")
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(sent)
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        head, _, body = answer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        return int(first.split()[1]), headers, body

    def get_raw(self, target: str, host: str | None = None) -> tuple[int, dict[str, str], bytes]:
        """Send a GET with exactly this request target and Host."""
        named = f"127.0.0.1:{self.port}" if host is None else host
        return self.raw(f"GET {target} HTTP/1.1\r\nHost: {named}\r\nConnection: close\r\n\r\n")


@contextmanager
def running_gateway(
    nginx: Tool, user: RunUser, folder: Path, **variables: Any
) -> Iterator[Gateway]:
    """Run nginx. The ``variables`` of the template override the defaults of the tests."""
    with reserve() as port:
        gateway = Gateway(port.number, folder, "https" if variables.get("tls_cert") else "http")
    for made in (folder, folder / "temp"):
        made.mkdir(exist_ok=True)
        user.own(made)
    config = folder / "nginx.conf"
    given: dict[str, Any] = {
        "listen_port": gateway.port,
        "listen_ipv6": False,
        "tls_cert": None,
        "tls_key": None,
        "hosts": [],
        "trusted_proxies": [],
        "docs_root": str(publish_api_page(folder / "docs", user)),
        "console_root": str(folder / "console"),
        "blob_root": None,
        "resolver": None,
        "workers": 1,
        "pid_path": str(folder / "nginx.pid"),
        "temp_dir": str(folder / "temp"),
        "error_log": str(folder / "error.log"),
        "access_log": str(folder / "access.log"),
    }
    config.write_text(render(GATEWAY, **{**given, **variables}))
    command: list[str | Path] = [nginx.path, "-e", folder / "error.log", "-c", config]
    with _process(
        user,
        command,
        folder / "output.log",
        f"{gateway.url}/healthz",
        child_environment(**nginx.environment),
    ):
        yield gateway
