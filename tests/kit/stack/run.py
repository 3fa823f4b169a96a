"""Starts one Moorage with `moorage run` on a free port and data of its own, and proves that it is gone afterwards."""

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
from tests.kit.waiting import eventually

READY_SECONDS = 180.0
"""A first start unpacks PostgreSQL's data and what the machine lacks."""
STOP_SECONDS = 60.0
LOG_TAIL_BYTES = 2000

MOORAGE = (sys.executable, "-m", "ops")
"""The `moorage` command of this checkout."""

_OURS = ("MOORAGE_", "AUTH_", "CATALOG_", "EVENTS_", "REGISTRY_", "DATABASE_", "SECRETS_", "PG")
"""Variables of the developer's shell that would change the stack under test; REGISTRY_BIN may, to test another Distribution."""


class StackBroken(AssertionError):
    """`moorage run` did not start or did not stop as it must; the message holds the end of its output."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A running Moorage."""

    scheme: str
    port: int
    data: Path
    output: Path

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def registry(self) -> str:
        """What clients put in front of an image's name."""
        return f"localhost:{self.port}"

    @property
    def admin_password(self) -> str:
        return (self.data / "admin-password").read_text().strip()

    def log_tails(self) -> list[tuple[str, str]]:
        """The end of each log, by name."""
        logs = sorted((self.data / "logs").glob("*"))
        return [(path.name, _tail(path)) for path in (self.output, *logs) if path.is_file()]


@contextmanager
def running_stack(
    folder: Path, *, command: Sequence[str] = MOORAGE, **settings: str
) -> Iterator[Stack]:
    """Runs Moorage until the block ends, then stops it as Ctrl-C does and checks that nothing of it is left.

    Args:
        folder: for its data and output.
        command: what stands for `moorage`.
        settings: environment variables (`MOORAGE_TLS_CERT=…`).

    Raises:
        StackBroken: not ready in time, ended by itself, did not stop, or left a process or its port behind.
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
    environment.setdefault(
        "MOORAGE_TOOLS", str(toolbox().root)
    )  # nginx and the registry are fetched once for all stacks
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
    """The processes under `pid`, itself included."""
    family = {pid}
    parents = {process: _parent(process) for process in _commands()}
    while more := {process for process, parent in parents.items() if parent in family} - family:
        family |= more
    return family


def _parent(pid: int) -> int | None:
    try:
        # proc(5): "pid (name) state ppid …", where the name may hold spaces and brackets
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def _commands() -> dict[int, str]:
    """Every process with a command line: pid → command line."""
    found: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue  # it ended meanwhile
        if command:
            found[int(entry.name)] = command.replace(b"\0", b" ").decode(errors="replace").strip()
    return found


def _tail(path: Path) -> str:
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - LOG_TAIL_BYTES))
        return log.read().decode(errors="replace")
