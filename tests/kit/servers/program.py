"""A server program that runs until the end of a context."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from ops.host.privileges import RunUser
from tests.kit.waiting import eventually

START_SECONDS = 20.0


@contextmanager
def running_server(
    user: RunUser, command: list[str | Path], output: Path, ready: str, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server program as ``user`` until the context ends, and yield its process.

    Args:
        user: the user that runs it.
        command: the program and its arguments.
        output: the file for its output.
        ready: a URL that it answers with a status below 500 when it is up.
        environment: its environment variables.
    """
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
        yield process
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, verify=False, trust_env=False).status_code < 500
    except httpx.TransportError:
        return False
