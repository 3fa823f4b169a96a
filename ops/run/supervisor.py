"""Starts programs, restarts them when they end, and stops them with all of their descendants.

docs/adr/0005-own-supervisor.md explains why this is not a library.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from ops.errors import OpsError
from ops.host.privileges import DeathSignal, RunUser
from ops.run import health
from ops.run.line_filter import LineFilter, copy_lines

MOST_SHORT_RUNS = 5
"""A program that ends this often while a run starts is broken."""
_FIRST_DELAY_SECONDS = 0.1
_LONGEST_DELAY_SECONDS = 5.0
_GOOD_RUN_SECONDS = 10.0
"""After a run that lasted this long, the count of short runs restarts at 1."""
_NOT_STARTED = 127
_WRONG_SETTING = 2
_LOG_BYTES = 10 * 1024 * 1024
_OLD_LOGS = 3
_COPYING_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Program:
    """One program to keep running, with its output in `log`.

    A stop sends `stop_signal`, and SIGKILL after `stop_seconds`. A fast stop sends `hurry_signal`.
    The kernel sends `death_signal` if the supervisor dies. A program that no longer answers
    `health_check` is killed. With a `line_filter`, the supervisor copies the output to the log line
    by line; otherwise the program writes to the log itself.
    """

    name: str
    argv: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    hurry_signal: signal.Signals = signal.SIGKILL
    stop_seconds: float = 8.0
    death_signal: DeathSignal = "TERM"
    may_bind_low_ports: bool = False
    line_filter: LineFilter | None = None
    health_check: health.HealthCheck | None = None


class Child:
    """A program that the supervisor keeps running."""

    def __init__(self, program: Program, user: RunUser, report: Callable[[str], None]) -> None:
        self.program = program
        self.pid: int | None = None
        self.short_runs = 0
        self.last_status: int | None = None
        self._user = user
        self._report = report
        self._stopping = asyncio.Event()
        self.task = asyncio.create_task(self._supervise(), name=f"supervise {program.name}")

    async def stop(self) -> None:
        """Stop the program, and kill it and its descendants if it takes too long."""
        self._stopping.set()
        self._signal(self.program.stop_signal)
        try:
            await asyncio.wait_for(asyncio.shield(self.task), self.program.stop_seconds)
        except TimeoutError:
            self._report(
                f"{self.program.name} did not stop within {self.program.stop_seconds:.0f} s:"
                " killing it"
            )
            self._signal(signal.SIGKILL)
            await self.task

    def kill(self) -> None:
        """Stop the program at once. A `stop` in progress then returns."""
        self._stopping.set()
        self._signal(self.program.hurry_signal)

    async def _supervise(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            started = loop.time()
            try:
                status = await self._run_once()
            except OSError as error:  # No process can be created now.
                self._report(f"{self.program.name} cannot be started: {error.strerror}")
                status = _NOT_STARTED
            if self._stopping.is_set():
                return
            self.last_status = status
            self.short_runs = (
                1 if loop.time() - started >= _GOOD_RUN_SECONDS else self.short_runs + 1
            )
            self._report(f"{self.program.name} {describe(status)}; restarting it")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), self._delay())

    def _delay(self) -> float:
        delay = _FIRST_DELAY_SECONDS
        for _ in range(min(self.short_runs - 1, 10)):
            delay *= 2
        return min(delay, _LONGEST_DELAY_SECONDS)

    async def _end_when_hung(self, check: health.HealthCheck) -> None:
        watch = health.Watch(check)
        while True:
            await asyncio.sleep(watch.pause)
            if await watch.hangs() and not self._stopping.is_set():
                self._report(f"{self.program.name} does not answer: killing it")
                self._signal(signal.SIGKILL)
                return

    async def _run_once(self) -> int:
        program = self.program
        argv = self._user.command(
            program.argv,
            death_signal=program.death_signal,
            may_bind_low_ports=program.may_bind_low_ports,
        )
        with _output(program, self._user) as (output, copying):
            process = await asyncio.create_subprocess_exec(
                *argv,
                env=dict(program.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                # Ctrl-C on the terminal then reaches the supervisor only, and the process group
                # contains the program's descendants.
                start_new_session=True,
            )
        self.pid = process.pid
        if self._stopping.is_set():  # `stop` was called before the program had a process id.
            self._signal(program.stop_signal)
        check = program.health_check
        watching = asyncio.create_task(self._end_when_hung(check)) if check else None
        try:
            return await process.wait()
        finally:
            if watching:
                watching.cancel()
            self.pid = None
            # The workers of a killed nginx go on and keep its port.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            if copying is not None:  # The last lines say why the program ended.
                await asyncio.to_thread(copying.join, _COPYING_SECONDS)

    def _signal(self, number: signal.Signals) -> None:
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


@contextlib.contextmanager
def _output(
    program: Program, user: RunUser
) -> Iterator[tuple[int | BinaryIO, threading.Thread | None]]:
    """Yield the file for the output of `program`, and the thread that copies it to the log, if any.

    The file is closed at the end, when the program has its own copy of it.
    """
    log = open_log(program.log, user)
    if program.line_filter is None:
        with log:
            yield log, None
        return
    read, write = os.pipe()
    copying = threading.Thread(
        target=copy_lines,
        args=(read, log, program.line_filter),
        name=f"log of {program.name}",
        daemon=True,
    )
    copying.start()
    try:
        yield write, copying
    finally:
        os.close(write)


class Supervisor:
    """The children of one run."""

    def __init__(self, user: RunUser, report: Callable[[str], None]) -> None:
        self._user = user
        self._report = report
        self.children: dict[str, Child] = {}

    def start(self, program: Program) -> Child:
        """Start `program` and keep it running."""
        child = Child(program, self._user, self._report)
        self.children[program.name] = child
        return child

    async def stop(self, *names: str) -> None:
        """Stop these children at the same time. Ignore programs that never started."""
        await asyncio.gather(
            *(self.children[name].stop() for name in names if name in self.children)
        )

    def kill(self) -> None:
        """Stop all children at once."""
        for child in self.children.values():
            child.kill()

    def check_starting(self, *, most_runs: int) -> None:
        """Check the children of a run that is starting.

        Raises:
            OpsError: A child ended `most_runs` times in a row, or because of a wrong setting.
        """
        for child in self.children.values():
            if child.task.done() and (error := child.task.exception()):
                raise error
            if child.short_runs >= most_runs or child.last_status == _WRONG_SETTING:
                log = child.program.log
                raise OpsError(
                    f"{child.program.name} {describe(child.last_status)}:"
                    f" {last_line(log)} (more in {log})"
                )


async def rotate_logs(folder: Path, user: RunUser, *, every: float = 5.0) -> None:
    """Keep each log of `folder` below about 10 MiB, and three older copies, until cancelled.

    The log is copied and then truncated. Its writers append, so they keep their open file.
    """
    while True:
        # If the disk is full or a log is gone, the next round retries.
        with contextlib.suppress(OSError):
            await asyncio.to_thread(_rotate_large, folder, user)
        await asyncio.sleep(every)


def _rotate_large(folder: Path, user: RunUser) -> None:
    for log in folder.glob("*.log"):
        if log.stat().st_size > _LOG_BYTES:
            _rotate(log, user)


def _rotate(log: Path, user: RunUser) -> None:
    for number in range(_OLD_LOGS, 1, -1):
        older = log.with_name(f"{log.name}.{number - 1}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number}"))
    copy = log.with_name(f"{log.name}.1")
    shutil.copy(log, copy)
    user.own(copy)
    os.truncate(log, 0)


def open_log(path: Path, user: RunUser) -> BinaryIO:
    """Open a log for appending, with mode 0600 and owned by the children's user."""
    stream = os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab")
    user.own(path)
    return stream


def describe(status: int | None) -> str:
    """Return how a program ended, for a message that starts with its name."""
    if status is None:
        return "is running"
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended with status {status}"


def last_line(log: Path) -> str:
    """Return the last line of a log that is not empty, at most 300 characters of it."""
    try:
        tail = log.read_bytes()[-8192:].decode(errors="replace")
    except OSError:
        return "no log"
    lines = [line.strip() for line in tail.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "no output"
