"""A second auth service on the database of a running stack."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from ops.host.ports import reserve
from tests.kit.install import PROJECT
from tests.kit.stack.run import MOORAGE, Stack
from tests.kit.waiting import eventually


@dataclass(frozen=True, slots=True)
class AuthReplica:
    """A running auth service: its process id, and a client of its own address."""

    pid: int
    http: httpx.Client


@contextmanager
def running_auth_replica(stack: Stack, log: Path) -> Iterator[AuthReplica]:
    """Run another auth service until the context ends. Its log goes to ``log``."""
    with reserve() as reserved:
        port = reserved.number
    environment = {"PATH": os.environ["PATH"], "SECRETS_DIR": str(stack.data / "secrets" / "auth")}
    with log.open("wb") as output:
        second = subprocess.Popen(
            [*MOORAGE, "serve", "auth", "--port", str(port)],
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            eventually(lambda: _is_ready(client), within=30, what="a second auth service")
            yield AuthReplica(second.pid, client)
    finally:
        second.terminate()
        second.wait(20)


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").is_success
    except httpx.TransportError:
        return False
