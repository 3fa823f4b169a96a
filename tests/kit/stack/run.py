"""A Moorage started with `moorage run`, with its own port and data folder."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.host.ports import reserve
from tests.kit.install import PROJECT, toolbox
from tests.kit.stack.processes import parent
from tests.kit.waiting import eventually

READY_SECONDS = 180.0
"""The first start creates the database and unpacks missing programs."""
STOP_SECONDS = 60.0
LOG_TAIL_BYTES = 2000

MOORAGE = (sys.executable, "-m", "ops")
"""The `moorage` command of this checkout."""

RESTARTING_AT_ONCE = (sys.executable, "-m", "tests.kit.stack.restart_at_once")
"""The same, but its supervisor restarts a killed process without a pause."""

_OURS = (
    "MOORAGE_",
    "AUTH_",
    "CATALOG_",
    "EVENTS_",
    "GC_",
    "REGISTRY_",
    "DATABASE_",
    "SECRETS_",
    "TRASH_",
    "S3_",
    "BLOB_",
    "PG",
)
"""Prefixes of variables that the stack does not inherit, except REGISTRY_BIN."""


class StackBroken(AssertionError):
    """`moorage run` did not start or stop correctly. The message has the end of its output."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A running Moorage."""

    scheme: str
    port: int
    data: Path
    output: Path

    @property
    def url(self) -> str:
        """The URL of the gateway, without a path."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def registry(self) -> str:
        """The registry's part of an image name."""
        return f"localhost:{self.port}"

    @property
    def admin_password(self) -> str:
        """The password of the account `admin`."""
        return (self.data / "admin-password").read_text().strip()

    def log_tails(self) -> list[tuple[str, str]]:
        """Return the name and the end of each log."""
        logs = sorted((self.data / "logs").glob("*"))
        return [(path.name, _tail(path)) for path in (self.output, *logs) if path.is_file()]


@contextmanager
def running_stack(
    folder: Path, *, command: Sequence[str] = MOORAGE, **settings: str
) -> Iterator[Stack]:
    """Run Moorage until the context ends, then stop it with SIGINT, as Ctrl-C does.

    Args:
        folder: the folder of its data and output.
        command: the command `moorage`.
        settings: environment variables, such as `MOORAGE_TLS_CERT`.

    Raises:
        StackBroken: it is not ready in time, ends by itself, does not stop, or leaves a process
            running or its port in use.
    """
    with reserve() as reserved:
        port = reserved.number
    stack = Stack(
        "https" if "MOORAGE_TLS_CERT" in settings else "http",
        port,
        folder / "data",
        folder / "output.log",
    )
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name == "REGISTRY_BIN" or not name.startswith(_OURS)
    }
    environment = {
        **inherited,
        "MOORAGE_PORT": str(port),
        "MOORAGE_DATA": str(stack.data),
        **settings,
    }
    # All stacks share the folder, so nginx and the registry are fetched once.
    environment.setdefault("MOORAGE_TOOLS", str(toolbox().root))
    with stack.output.open("wb") as output:
        process = subprocess.Popen(
            [*command, "run"],
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _await_ready(process, stack)
        yield stack
        if process.poll() is not None:
            raise StackBroken(
                f"moorage run ended during the tests: {process.returncode}\n{_tail(stack.output)}"
            )
    finally:
        family = _descendants(process.pid)
        _stop(process, stack)
    _assert_gone(stack, family)


def _await_ready(process: subprocess.Popen[bytes], stack: Stack) -> None:
    def ready() -> bool:
        if process.poll() is not None:
            raise StackBroken(f"moorage run ended with {process.returncode}\n{_tail(stack.output)}")
        return "moorage: ready" in stack.output.read_text(errors="replace")

    eventually(ready, within=READY_SECONDS, every=0.2, what=f"`moorage: ready` in {stack.output}")


def _stop(process: subprocess.Popen[bytes], stack: Stack) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired as stuck:
        process.kill()
        process.wait()
        raise StackBroken(
            f"moorage run did not stop within {STOP_SECONDS} s\n{_tail(stack.output)}"
        ) from stuck


def _assert_gone(stack: Stack, family: set[int]) -> None:
    left = {
        pid: command
        for pid, command in _commands().items()
        if pid in family or str(stack.data) in command
    }
    if left:
        raise StackBroken(f"processes left behind: {left}")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("", stack.port))


def _descendants(pid: int) -> set[int]:
    """Return ``pid`` and its descendants."""
    family = {pid}
    parents = {process: _parent(process) for process in _commands()}
    while more := {process for process, parent in parents.items() if parent in family} - family:
        family |= more
    return family


def _parent(pid: int) -> int | None:
    try:
        return parent(pid)
    except OSError:
        return None


def _commands() -> dict[int, str]:
    """Return the command line of each process that has one, by process ID."""
    found: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue  # the process has ended
        if command:
            found[int(entry.name)] = command.replace(b"\0", b" ").decode(errors="replace").strip()
    return found


def _tail(path: Path) -> str:
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - LOG_TAIL_BYTES))
        return log.read().decode(errors="replace")
