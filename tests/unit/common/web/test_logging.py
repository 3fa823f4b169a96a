"""The log line of a request is one JSON object, and the log level suppresses it."""

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
