"""A request's line in the log is one JSON object, whatever the path holds, and is there only where its level is."""

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

async def ask(path):
    scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"x-request-id", b"abc")]}
    await logging.RequestLog(app)(scope, None, send)

logging.configure('a"b', sys.argv[1])
for path in ('/x"\n\\{0}%s\udc80', "/healthz"):
    asyncio.run(ask(path))
"""


@pytest.mark.parametrize(("level", "count"), [("info", 1), ("warning", 0)])
def test_a_line_is_one_json_object(level: str, count: int) -> None:
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
        told = {
            name: line[name]
            for name in ("service", "request_id", "method", "path", "status", "event", "level")
        }
        assert told == {"service": 'a"b', "request_id": "abc", "method": "GET", "path": '/x"\n\\{0}%s\udc80', "status": 404,
                        "event": "request", "level": "info"}  # fmt: skip
        assert 0 <= line["milliseconds"] < 10_000
        assert line["at"].endswith("Z")
