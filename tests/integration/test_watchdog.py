"""In a container, a parent process ends a service that hangs, so that the engine restarts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from ops.host.environment import child_environment
from ops.host.ports import reserve
from ops.layout import PROJECT
from ops.run.health import ANSWER_SECONDS, CHECK_SECONDS, MOST_FAILURES
from tests.kit.sessions import write_secrets
from tests.kit.stack.processes import workers
from tests.kit.waiting import eventually

HANG_SECONDS = MOST_FAILURES * (CHECK_SECONDS + ANSWER_SECONDS) + 5


@contextmanager
def watched_service(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run the events service with its watchdog. Its database is unreachable."""
    secrets = write_secrets(folder, "events").directory
    (secrets / "events_database_url").write_text("postgresql://a:b@127.0.0.1:9/c")
    (secrets / "events_webhook_secret").write_text("x" * 32)
    with reserve() as port:
        arguments = ["serve", "events", "--port", str(port.number), "--watchdog"]
        environment = child_environment(
            SECRETS_DIR=str(secrets), EVENTS_REGISTRY_URL="http://127.0.0.1:9", LOG_LEVEL="error"
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "ops", *arguments],
            cwd=PROJECT,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            eventually(lambda: _answers(port.number), within=60, what="the service")
            (child,) = workers(process.pid)
            yield process, child
        finally:
            process.kill()
            process.wait()
            assert process.stderr is not None
            process.stderr.close()


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).is_success
    except httpx.TransportError:
        return False


def test_service_that_hangs_ends_with_its_watchdog(tmp_path: Path) -> None:
    with watched_service(tmp_path) as (process, child):
        time.sleep(2)  # The watchdog checks every 0.5 s until it sees an answer, and logs nothing.
        os.kill(child, signal.SIGSTOP)
        assert process.wait(HANG_SECONDS) == 1
        assert process.stderr is not None
        assert process.stderr.read() == "moorage: events does not answer: killing it\n"
        assert not Path(f"/proc/{child}").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_stops_the_service_and_its_watchdog(tmp_path: Path, number: int) -> None:
    with watched_service(tmp_path) as (process, child):
        process.send_signal(number)
        assert process.wait(20) == 0
        assert not Path(f"/proc/{child}").exists()


def test_watchdog_ends_with_its_service(tmp_path: Path) -> None:
    with watched_service(tmp_path) as (process, child):
        os.kill(child, signal.SIGKILL)
        assert process.wait(20) == 128 + signal.SIGKILL
