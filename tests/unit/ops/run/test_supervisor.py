"""A program that dies comes back, one that is stopped stays away, and neither leaves a descendant."""

import asyncio
import os
import signal
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.host.environment import child_environment
from ops.host.privileges import RunUser, run_user
from ops.run.supervisor import (
    Program,
    Supervisor,
    last_line,
    rotate_logs,
)

SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
# Ends on no polite signal.
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
# Like nginx: a worker that outlives a master that is killed.
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


async def _until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what is waited for is another process's doing
            await asyncio.sleep(0.01)


def _log(tmp_path: Path) -> str:
    log = tmp_path / "it.log"
    return log.read_text() if log.exists() else ""


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_a_killed_program_is_started_again_and_told_about(
    tmp_path: Path, user: RunUser
) -> None:
    said: list[str] = []
    keeper = Supervisor(user, said.append)
    child = keeper.start(_program(tmp_path, SLEEPER))
    await _until(lambda: "up" in _log(tmp_path))
    first = child.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await _until(lambda: _log(tmp_path).count("up") == 2)
    assert child.pid not in (None, first)
    assert said == ["it was ended by SIGKILL; starting it again"]
    last = child.pid
    await keeper.stop("it")
    assert last is not None
    assert not _alive(last)
    assert len(said) == 1


async def test_workers_of_a_killed_master_die_with_it(tmp_path: Path, user: RunUser) -> None:
    keeper = Supervisor(user, lambda line: None)
    child = keeper.start(_program(tmp_path, MASTER))
    await _until(lambda: _log(tmp_path).strip())
    worker = int(_log(tmp_path).split()[0])
    assert child.pid is not None
    assert _alive(worker)
    os.kill(child.pid, signal.SIGKILL)
    await _until(lambda: not _alive(worker))
    await keeper.stop("it")


async def test_one_that_will_not_end_is_killed(tmp_path: Path, user: RunUser) -> None:
    said: list[str] = []
    keeper = Supervisor(user, said.append)
    child = keeper.start(_program(tmp_path, STUBBORN, stop_seconds=0.2))
    await _until(lambda: "up" in _log(tmp_path))
    pid = child.pid
    await keeper.stop("it")
    assert pid is not None
    assert not _alive(pid)
    assert said == ["it did not end within 0 s and is killed"]


async def test_a_program_that_never_starts_is_one_clear_line(tmp_path: Path, user: RunUser) -> None:
    keeper = Supervisor(user, lambda line: None)
    keeper.start(_program(tmp_path, "import sys; sys.exit('the reason')"))
    with pytest.raises(OpsError, match="it ended with status 1: the reason"):
        await _until(lambda: keeper.check_starting(most_runs=3))
    await keeper.stop("it")


async def test_children_end_when_the_keeper_is_killed(tmp_path: Path) -> None:
    code = f"""
import asyncio, pathlib, sys
from ops.run.supervisor import Supervisor, Program
from ops.host.environment import child_environment
from ops.host.privileges import run_user
folder = pathlib.Path({str(tmp_path)!r})
async def main():
    keeper = Supervisor(run_user([folder]), print)
    argv = [sys.executable, "-c", {SLEEPER!r}]
    child = keeper.start(Program(name="it", argv=argv, log=folder / "it.log", environment=child_environment()))
    while child.pid is None:
        await asyncio.sleep(0.01)
    print(child.pid, flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""
    keeper = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    assert keeper.stdout is not None
    child = int(await keeper.stdout.readline())
    await _until(lambda: "up" in _log(tmp_path))
    keeper.kill()
    await keeper.wait()
    await _until(lambda: not _alive(child))


async def test_a_large_log_is_cut_and_its_end_kept(
    tmp_path: Path, user: RunUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.run.supervisor._LOG_BYTES", 100)
    log = tmp_path / "it.log"
    rotation = asyncio.create_task(rotate_logs(tmp_path, user, every=0.01))
    with log.open("ab", buffering=0) as writer:
        for number in range(3):
            writer.write(f"{number}\n".encode() * 60)
            await _until(lambda: log.stat().st_size == 0)
        writer.write(b"after\n")
    rotation.cancel()
    assert log.read_text() == "after\n"
    assert [(tmp_path / f"it.log.{age}").read_text()[0] for age in (1, 2, 3)] == ["2", "1", "0"]


def test_the_last_line_is_the_last_that_says_something(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("first\nlast words\n\n")
    assert last_line(tmp_path / "log") == "last words"
    assert last_line(tmp_path / "none") == "no log"
