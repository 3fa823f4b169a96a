"""Spans go to the OpenTelemetry receiver that the operator has named, and otherwise nowhere."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.integration.auth.conftest import running
from tests.kit.database import Database
from tests.kit.waiting import soon

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@dataclass
class Receiver:
    """A receiver of OTLP over HTTP."""

    url: str = ""
    spans: dict[str, Span] = field(default_factory=dict)
    """The received spans, by service and name."""

    def receive(self, body: bytes) -> None:
        """Store the spans of one request."""
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            attributes = {one.key: one.value.string_value for one in resource.resource.attributes}
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self.spans[f"{attributes['service.name']} {span.name}"] = span


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            receiver.receive(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


async def test_request_is_a_span_of_the_trace_that_the_gateway_names(
    database: Database, secrets_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving() as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
        async with running(database.urls["auth"], secrets_dir, "192.0.2.1", {}) as client:
            headers = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
            answer = await client.get("/token", params={"service": "moorage"}, headers=headers)
            assert answer.status_code == httpx.codes.OK
            assert (await client.get("/healthz")).is_success

            async def names() -> set[str]:
                return set(receiver.spans)

            await soon(names, lambda names: "moorage-auth GET /token" in names, what="the span")
    span = receiver.spans["moorage-auth GET /token"]
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)
    values = {one.key: one.value for one in span.attributes}
    assert values["http.response.status_code"].int_value == 200
    assert set(receiver.spans) == {"moorage-auth GET /token"}


_PROGRAM = """
import json, sys
import services.auth.app, services.catalog.app, services.events.app
from libs.common.web import service
FORBIDDEN = ("opentelemetry.sdk", "opentelemetry.exporter", "google.protobuf")
print(json.dumps([service._start_tracing("auth") is None,
                  [name for name in sys.modules if name.startswith(FORBIDDEN)]]))
"""


def test_without_a_receiver_no_sdk_of_opentelemetry_is_imported() -> None:
    """FastAPI itself imports the API package, which does nothing without the SDK."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
        env={},
    )
    assert json.loads(done.stdout) == [True, []]
