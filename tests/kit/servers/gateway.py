"""A real nginx with the project's own configuration."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from ops.host.environment import child_environment
from ops.host.ports import reserve
from ops.host.privileges import RunUser
from ops.host.render import GATEWAY, render
from ops.install.api_page import publish_api_page
from ops.install.debian import Tool
from tests.kit.servers.program import running_server
from tests.kit.waiting import eventually

TRUSTED = "127.0.0.9"
"""The address of the proxy that the gateways trust. A test binds it to connect as the proxy."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A running nginx."""

    port: int
    folder: Path
    scheme: str = "http"

    @property
    def url(self) -> str:
        """The URL of the gateway, without a path."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def error_log(self) -> str:
        """The content of the error log."""
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
            # nginx resets the connection if it has answered before it has read everything.
            with suppress(ConnectionResetError):
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
        "connections_per_address": 256,
        "docs_root": str(publish_api_page(folder / "docs", user)),
        "console_root": str(folder / "console"),
        "blob_root": None,
        "blob_cache": None,
        "resolver": None,
        "workers": 1,
        "pid_path": str(folder / "nginx.pid"),
        "temp_dir": str(folder / "temp"),
        "error_log": str(folder / "error.log"),
        "access_log": str(folder / "access.log"),
    }
    config.write_text(render(GATEWAY, **{**given, **variables}))
    command: list[str | Path] = [nginx.path, "-e", folder / "error.log", "-c", config]
    with running_server(
        user,
        command,
        folder / "output.log",
        f"{gateway.url}/healthz",
        child_environment(**nginx.environment),
    ):
        yield gateway
