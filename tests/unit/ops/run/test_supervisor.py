"""The supervisor restarts programs that end, and stops them with their descendants."""

import asyncio
import os
import signal
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.host.environment import child_environment
from ops.host.privileges import RunUser, run_user
from ops.layout import PROJECT
from ops.run.supervisor import (
    Program,
    Supervisor,
    last_line,
    rotate_logs,
)

SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
IGNORES_SIGTERM = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER}"
# Like nginx: the worker goes on after its master is killed.
MASTER = textwrap.dedent("""
    import os, time
    pid = os.fork()
    if pid:
        print(pid, flush=True)
    time.sleep(600)
""")


@pytest.fixture
def user(tmp_path: Path) -> RunUser:
    return run_user([tmp_path])


def _program(tmp_path: Path, code: str, stop_seconds: float = 8.0) -> Program:
    argv = [sys.executable, "-c", code]
    return Program(
        name="it",
        argv=argv,
        log=tmp_path / "it.log",
        environment=child_environment(),
        stop_seconds=stop_seconds,
    )


async def wait_until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - another process changes the condition
            await asyncio.sleep(0.01)


def _log(tmp_path: Path) -> str:
    log = tmp_path / "it.log"
    return log.read_text() if log.exists() else ""


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_a_killed_program_is_restarted_and_reported(tmp_path: Path, user: RunUser) -> None:
    reported: list[str] = []
    supervisor = Supervisor(user, reported.append)
    child = supervisor.start(_program(tmp_path, SLEEPER))
    await wait_until(lambda: "up" in _log(tmp_path))
    first = child.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await wait_until(lambda: _log(tmp_path).count("up") == 2)
    assert child.pid not in (None, first)
    assert reported == ["it was ended by SIGKILL; restarting it"]
    last = child.pid
    await supervisor.stop("it")
    assert last is not None
    assert not is_alive(last)
    assert len(reported) == 1


async def test_the_workers_of_a_killed_master_are_killed(tmp_path: Path, user: RunUser) -> None:
    supervisor = Supervisor(user, lambda line: None)
    child = supervisor.start(_program(tmp_path, MASTER))
    await wait_until(lambda: _log(tmp_path).strip())
    worker = int(_log(tmp_path).split()[0])
    assert child.pid is not None
    assert is_alive(worker)
    os.kill(child.pid, signal.SIGKILL)
    await wait_until(lambda: not is_alive(worker))
    await supervisor.stop("it")


async def test_a_program_that_ignores_the_stop_signal_is_killed(
    tmp_path: Path, user: RunUser
) -> None:
    reported: list[str] = []
    supervisor = Supervisor(user, reported.append)
    child = supervisor.start(_program(tmp_path, IGNORES_SIGTERM, stop_seconds=0.2))
    await wait_until(lambda: "up" in _log(tmp_path))
    pid = child.pid
    await supervisor.stop("it")
    assert pid is not None
    assert not is_alive(pid)
    assert reported == ["it did not stop within 0 s: killing it"]


async def test_the_error_of_a_program_that_never_starts_has_its_last_line(
    tmp_path: Path, user: RunUser
) -> None:
    supervisor = Supervisor(user, lambda line: None)
    supervisor.start(_program(tmp_path, "import sys; sys.exit('the reason')"))
    with pytest.raises(OpsError, match="it ended with status 1: the reason"):
        await wait_until(lambda: supervisor.check_starting(most_runs=3))
    await supervisor.stop("it")


async def test_children_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    code = f"""
import asyncio, pathlib, sys
from ops.run.supervisor import Supervisor, Program
from ops.host.environment import child_environment
from ops.host.privileges import run_user

folder = pathlib.Path({str(tmp_path)!r})
async def main():
    supervisor = Supervisor(run_user([folder]), print)
    argv = [sys.executable, "-c", {SLEEPER!r}]
    log, environment = folder / "it.log", child_environment()
    child = supervisor.start(Program(name="it", argv=argv, log=log, environment=environment))
    while child.pid is None:
        await asyncio.sleep(0.01)
    print(child.pid, flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""
    supervisor = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE, cwd=PROJECT
    )
    assert supervisor.stdout is not None
    child = int(await supervisor.stdout.readline())
    await wait_until(lambda: "up" in _log(tmp_path))
    supervisor.kill()
    await supervisor.wait()
    await wait_until(lambda: not is_alive(child))


async def test_a_large_log_is_rotated_and_its_writer_goes_on(
    tmp_path: Path, user: RunUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.run.supervisor._LOG_BYTES", 100)
    log = tmp_path / "it.log"
    rotation = asyncio.create_task(rotate_logs(tmp_path, user, every=0.01))
    with log.open("ab", buffering=0) as writer:
        for number in range(3):
            writer.write(f"{number}\n".encode() * 60)
            await wait_until(lambda: log.stat().st_size == 0)
        writer.write(b"after\n")
    rotation.cancel()
    assert log.read_text() == "after\n"
    assert [(tmp_path / f"it.log.{age}").read_text()[0] for age in (1, 2, 3)] == ["2", "1", "0"]


def test_the_last_line_of_a_log_is_the_last_that_is_not_empty(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("first\nlast\n\n")
    assert last_line(tmp_path / "log") == "last"
    assert last_line(tmp_path / "none") == "no log"


async def test_lines_of_a_program_with_a_filter_are_filtered(tmp_path: Path, user: RunUser) -> None:
    code = (
        "import sys; print('x' * 100_000, flush=True); print('?secret', file=sys.stderr);"
        " print('up', flush=True); sys.exit('the reason')"
    )
    supervisor = Supervisor(user, lambda line: None)
    program = replace(
        _program(tmp_path, code), line_filter=lambda line: line.replace(b"?secret", b"")
    )
    supervisor.start(program)
    with pytest.raises(OpsError, match="it ended with status 1: the reason"):
        await wait_until(lambda: supervisor.check_starting(most_runs=1))
    await supervisor.stop("it")
    assert "?secret" not in _log(tmp_path)
    assert "up" in _log(tmp_path)
    assert max(map(len, _log(tmp_path).splitlines())) <= 4096


async def test_program_with_a_filter_restarts_with_the_same_log(
    tmp_path: Path, user: RunUser
) -> None:
    supervisor = Supervisor(user, lambda line: None)
    child = supervisor.start(replace(_program(tmp_path, SLEEPER), line_filter=bytes.upper))
    await wait_until(lambda: "UP" in _log(tmp_path))
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    await wait_until(lambda: _log(tmp_path).count("UP") == 2)
    await supervisor.stop("it")
