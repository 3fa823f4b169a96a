"""deploy/containers/run.sh: how the containers of registry and gateway run and stop.

The tests run it with the real programs, without containers.
"""

from __future__ import annotations

import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from ops.host.environment import child_environment
from ops.host.ports import reserve
from ops.install.debian import Tool
from ops.layout import PROJECT
from tests.kit.images import Image, make_image
from tests.kit.install import nginx_program, registry_program
from tests.kit.stack.processes import workers
from tests.kit.waiting import eventually

SCRIPT = PROJECT / "deploy" / "containers" / "run.sh"
END_SECONDS = 30.0
REGISTRY = """
version: 0.1
log: {{level: warn}}
storage: {{filesystem: {{rootdirectory: {folder}/storage}}}}
http: {{addr: "127.0.0.1:{port}", draintimeout: 75s, debug: {{addr: "127.0.0.1:{debug_port}"}}}}
notifications:
  endpoints:
    - {{name: events, url: "{webhook}", timeout: 10s, threshold: 3, backoff: 300ms,
        ignore: {{mediatypes: [application/octet-stream]}}}}
"""
NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
    uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
    server {{
        listen 127.0.0.1:{port};
        location = /healthz {{ return 200 "ok"; }}
        location / {{ proxy_pass {webhook}; }}
    }}
}}
"""
PARTS = {
    "registry": (registry_program, REGISTRY, "/"),
    "gateway": (nginx_program, NGINX, "/healthz"),
}


@dataclass
class Events:
    """A double of the events service. It takes ``seconds`` for each event."""

    url: str = ""
    seconds: float = 0.0
    available: bool = True
    received: list[str] = field(default_factory=list)


@pytest.fixture
def events() -> Iterator[Events]:
    double = Events()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            time.sleep(double.seconds)
            if double.available:
                double.received += [event["target"].get("tag", "") for event in body["events"]]
            self._answer(200 if double.available else 503)

        def do_GET(self) -> None:
            time.sleep(double.seconds)
            self._answer(200)

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    double.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield double
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass(frozen=True, slots=True)
class Running:
    """The script, with the server that it runs."""

    script: subprocess.Popen[bytes]
    server: int
    port: int
    folder: Path

    @property
    def output(self) -> str:
        """What the script and its server have printed."""
        return (self.folder / "output").read_text()

    @property
    def client(self) -> httpx.Client:
        """A client of the server."""
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=30)


@contextmanager
def running_script(
    part: str, folder: Path, *, webhook: str = "http://127.0.0.1:9", drain_seconds: int = 20
) -> Iterator[Running]:
    """Run the script for a part until the context ends."""
    find, configuration, path = PARTS[part]
    tool: Tool = find()
    with reserve() as reserved, reserve() as debug:
        port, debug_port = reserved.number, debug.number
    (folder / "config").write_text(
        configuration.format(folder=folder, port=port, debug_port=debug_port, webhook=webhook)
    )
    programs = folder / "bin"
    programs.mkdir()
    (programs / ("registry" if part == "registry" else "nginx")).symlink_to(tool.path)
    environment = child_environment(OTEL_TRACES_EXPORTER="none", **tool.environment)
    environment |= {
        "PATH": f"{programs}:{environment['PATH']}",
        "PORT": str(port),
        "DEBUG_PORT": str(debug_port),
        "WATCH_SECONDS": "0.5",
        "DRAIN_SECONDS": str(drain_seconds),
        "TERMINATION_LOG": str(folder / "termination-log"),
    }
    (folder / "termination-log").touch()
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [shutil.which("sh") or "sh", str(SCRIPT), part, str(folder / "config")],
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        eventually(lambda: _answers(port, path), within=20, what=part)
        yield Running(process, _server(process.pid, tool), port, folder)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _answers(port: int, path: str) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}{path}", trust_env=False).is_success
    except httpx.TransportError:
        return False


def _server(shell: int, tool: Tool) -> int:
    names = (tool.path.name, "registry", "nginx", "nginx: master process nginx")
    (found,) = (
        pid
        for pid in workers(shell)
        if Path(f"/proc/{pid}/cmdline").read_text().partition("\0")[0].partition(" -")[0] in names
    )
    return found


def push(registry: httpx.Client, image: Image, tag: str) -> None:
    """Push an image to a registry without authentication."""
    for blob in (*image.layers, image.config):
        started = registry.post("/v2/team/app/blobs/uploads/").raise_for_status()
        location = started.headers["Location"]
        target = f"{location}{'&' if '?' in location else '?'}digest={blob.digest}"
        registry.put(target, content=blob.content).raise_for_status()
    registry.put(f"/v2/team/app/manifests/{tag}", **manifest_of(image)).raise_for_status()  # type: ignore[arg-type]


def manifest_of(image: Image) -> dict[str, object]:
    """Return the body of a push of the manifest."""
    return {
        "content": image.manifest.content,
        "headers": {"Content-Type": image.manifest.media_type},
    }


@pytest.mark.parametrize("part", PARTS)
def test_server_that_hangs_ends_with_its_container(part: str, tmp_path: Path) -> None:
    with running_script(part, tmp_path) as running:
        time.sleep(2)  # Until `watch` has seen an answer.
        for pid in (*workers(running.server), running.server):
            os.kill(pid, signal.SIGSTOP)
        assert running.script.wait(END_SECONDS) == 128 + signal.SIGKILL
        assert f"the {part} does not answer: killing it" in running.output


@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGTERM])
def test_gateway_finishes_its_requests_before_it_stops(
    number: signal.Signals, tmp_path: Path, events: Events
) -> None:
    events.seconds = 2.0
    with running_script("gateway", tmp_path, webhook=events.url) as running:
        answers: list[int] = []
        request = threading.Thread(
            target=lambda: answers.append(running.client.get("/slow").status_code)
        )
        request.start()
        time.sleep(0.5)
        running.script.send_signal(number)
        assert running.script.wait(END_SECONDS) == 0
        request.join()
        assert answers == [200]
        assert not Path(f"/proc/{running.server}").exists()


def test_registry_delivers_the_event_of_a_request_that_ends_after_the_stop_began(
    tmp_path: Path, events: Events
) -> None:
    image = make_image()
    with running_script("registry", tmp_path, webhook=events.url) as running:
        with running.client as client:
            push(client, image, "first")
            eventually(lambda: events.received == ["first"], within=10, what="the event")
            events.seconds = 0.5
            head = (
                "PUT /v2/team/app/manifests/last HTTP/1.1\r\nHost: x\r\n"
                f"Content-Type: {image.manifest.media_type}\r\n"
                f"Content-Length: {len(image.manifest.content)}\r\n\r\n"
            )
            with socket.create_connection(("127.0.0.1", running.port), timeout=30) as slow:
                slow.sendall(head.encode() + image.manifest.content[:10])
                for number in range(5):
                    client.put(f"/v2/team/app/manifests/v{number}", **manifest_of(image))  # type: ignore[arg-type]
                running.script.send_signal(signal.SIGTERM)
                eventually(lambda: not _answers(running.port, "/"), within=10, what="a closed port")
                slow.sendall(image.manifest.content[10:])
                assert slow.recv(4096).startswith(b"HTTP/1.1 201")
        assert running.script.wait(END_SECONDS) == 0
        assert events.received == ["first", *(f"v{number}" for number in range(5)), "last"]
        assert "lost_events" not in running.output


def test_registry_stops_without_the_events_service_and_says_how_many_events_are_lost(
    tmp_path: Path, events: Events
) -> None:
    image = make_image()
    with running_script("registry", tmp_path, webhook=events.url, drain_seconds=3) as running:
        with running.client as client:
            push(client, image, "first")
            eventually(lambda: events.received == ["first"], within=10, what="the event")
            events.available = False
            for number in range(4):
                client.put(f"/v2/team/app/manifests/v{number}", **manifest_of(image))  # type: ignore[arg-type]
        running.script.send_signal(signal.SIGTERM)
        assert running.script.wait(END_SECONDS) == 0
        assert '"lost_events":4' in running.output
        message = (tmp_path / "termination-log").read_text()
        assert message == "the registry stops and loses 4 events\n"


def test_registry_stops_at_once_if_nothing_waits(tmp_path: Path) -> None:
    with running_script("registry", tmp_path) as running:
        began = time.monotonic()
        running.script.send_signal(signal.SIGTERM)
        assert running.script.wait(END_SECONDS) == 0
        assert time.monotonic() - began < 5
