"""Log lines are JSON objects, and a log that cannot be written stops nothing."""

import json
import subprocess
import sys

import pytest

_PROGRAM = r"""
import asyncio, sys
from libs.common.web import logging

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})

async def send(message):
    if message["type"] == "http.response.start":
        assert (b"x-request-id", b"abc") in message["headers"], message

async def request(path):
    scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"x-request-id", b"abc")]}
    await logging.RequestLog(app)(scope, None, send)

logging.configure('a"b', sys.argv[1])
for path in ('/x"\n\\{0}%s\udc80', "/healthz"):
    asyncio.run(request(path))
"""


@pytest.mark.parametrize(("level", "count"), [("info", 1), ("warning", 0)])
def test_a_request_is_logged_as_one_json_object(level: str, count: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, level],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == count
    for line in lines:
        assert 0 <= line.pop("milliseconds") < 10_000
        assert line.pop("at").endswith("Z")
        assert line == {
            "service": 'a"b',
            "request_id": "abc",
            "method": "GET",
            "path": '/x"\n\\{0}%s\udc80',
            "status": 404,
            "event": "request",
            "level": "info",
        }


_LONG = r"""
import asyncio
from libs.common.web import logging

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 404, "headers": []})

async def send(message):
    pass

logging.configure("catalog", "info")
scope = {"type": "http", "method": "X" * 60_000, "path": "/" + "\0" * 60_000, "headers": []}
asyncio.run(logging.RequestLog(app)(scope, None, send))
"""


def test_long_parts_of_a_request_are_cut_in_its_line() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LONG], capture_output=True, text=True, timeout=60, check=True
    )
    assert len(done.stdout) < 4000
    line = json.loads(done.stdout)
    assert (line["method"], line["path"]) == ("X" * 20, "/" + "\0" * 511)


_FULL_DISK = r"""
import asyncio, errno, io, logging as standard, sys

import prometheus_client, structlog
from libs.common.web import logging

class Disk(io.StringIO):
    # Takes the start of the first line, as a file without a buffer does.

    space = 20

    def write(self, text):
        if not self.space:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = super().write(text[: self.space])
        self.space -= written
        return written

    def flush(self):
        if not self.space:
            raise OSError(errno.ENOSPC, "No space left on device")

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})

async def send(message):
    pass

def request(path):
    scope = {"type": "http", "method": "GET", "path": path, "headers": []}
    asyncio.run(logging.RequestLog(app)(scope, None, send))

terminal, sys.stdout = sys.stdout, Disk()
logging.configure("catalog", "info")
write = {
    "structlog": structlog.get_logger().error,
    "standard library": standard.getLogger("uvicorn.error").error,
    "request": request,
}[sys.argv[1]]
write("/cut")
write("/lost")
failed = prometheus_client.REGISTRY.get_sample_value("moorage_log_failed_writes_total")
assert failed and failed >= 1, failed
sys.stdout.space = 10_000
write("/first")
write("/second")
terminal.write(sys.stdout.getvalue())
"""


@pytest.mark.parametrize("writer", ["structlog", "standard library", "request"])
def test_a_full_disk_raises_nothing_and_later_lines_are_written(writer: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FULL_DISK, writer], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    cut, *whole = done.stdout.splitlines()
    assert len(cut) == 20
    assert [line.get("path", line["event"]) for line in map(json.loads, whole)] == [
        "/first",
        "/second",
    ]


_TRACED = r"""
import asyncio, sys
import structlog
from libs.common import trace
from libs.common.web import logging

async def app(scope, receive, send):
    structlog.get_logger().info("inside", called_with=trace.traceparent.get())
    await send({"type": "http.response.start", "status": 204, "headers": []})

async def send(message):
    pass

logging.configure("catalog", "info")
scope = {"type": "http", "method": "GET", "path": "/v2/", "headers": [
    (b"traceparent", sys.argv[1].encode()), (b"x-request-id", b"abc")]}
asyncio.run(logging.RequestLog(app)(scope, None, send))
"""
_TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    ("traceparent", "trace_id"),
    [(f"00-{_TRACE_ID}-00f067aa0ba902b7-01", _TRACE_ID), ('00-"' + "x" * 51, None)],
)
def test_lines_of_a_request_have_the_id_of_its_trace(
    traceparent: str, trace_id: str | None
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _TRACED, traceparent],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    inside, request = map(json.loads, done.stdout.splitlines())
    assert (inside.get("trace_id"), request.get("trace_id")) == (trace_id, trace_id)
    assert inside["called_with"] == (traceparent if trace_id else None)
