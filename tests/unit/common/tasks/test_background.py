"""Background work stops with its context and restarts after a failure."""

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from libs.common.tasks import background


async def test_work_is_cancelled_at_the_end_of_the_context() -> None:
    started, cancelled = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async with background.running([work]):
        await started.wait()
        assert not cancelled.is_set()
    assert cancelled.is_set()


async def test_failed_work_restarts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_FIRST_PAUSE_SECONDS", 0)
    attempts = 0
    succeeded = asyncio.Event()

    async def work() -> None:
        nonlocal attempts
        attempts += 1
        if attempts < 3:
            raise ValueError
        succeeded.set()
        await asyncio.Event().wait()

    async with background.running([work]):
        await asyncio.wait_for(succeeded.wait(), 5)
    assert attempts == 3


_FAILING_WORK = """
import asyncio, os, sys
from libs.common.tasks import background
from libs.common.web import logging

async def main():
    attempts, repeated = 0, asyncio.Event()

    async def work():
        nonlocal attempts
        attempts += 1
        if attempts == 3:
            repeated.set()
        raise ValueError

    async with background.running([work]):
        await asyncio.wait_for(repeated.wait(), 5)

logging.configure("catalog", "info")
background._FIRST_PAUSE_SECONDS = 0
asyncio.run(main())
os._exit(0)  # without a last flush of standard output, which fails
"""


def test_failed_work_restarts_if_its_failure_cannot_be_logged() -> None:
    with Path("/dev/full").open("w") as full_disk:
        done = subprocess.run(
            [sys.executable, "-c", _FAILING_WORK],
            stdout=full_disk,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert (done.returncode, done.stderr) == (0, "")


async def test_a_step_runs_again_and_again() -> None:
    steps = 0
    repeated = asyncio.Event()

    async def step() -> None:
        nonlocal steps
        steps += 1
        if steps == 3:
            repeated.set()

    async with background.running([background.every(0, step)]):
        await asyncio.wait_for(repeated.wait(), 5)


async def test_work_that_loses_a_cancellation_is_cancelled_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(background, "_CANCEL_SECONDS", 0.01)
    cancellations = 0

    async def work() -> None:
        nonlocal cancellations
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancellations += 1
                if cancellations == 2:
                    raise

    async with background.running([work]):
        await asyncio.sleep(0)
    assert cancellations == 2


def _restarts(task: str) -> float:
    counted = REGISTRY.get_sample_value(
        "moorage_background_restarts_total", {"task": task, "reason": "error"}
    )
    return counted or 0.0


async def test_work_that_returns_restarts_and_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_FIRST_PAUSE_SECONDS", 0)
    before = _restarts("test_work_that_returns_restarts_and_is_counted.work")
    attempts, repeated = 0, asyncio.Event()

    async def work() -> None:
        nonlocal attempts
        attempts += 1
        if attempts == 3:
            repeated.set()
            await asyncio.Event().wait()

    async with background.running([work]):
        await asyncio.wait_for(repeated.wait(), 5)
    assert _restarts("test_work_that_returns_restarts_and_is_counted.work") - before == 2


async def test_work_restarts_after_a_cancellation_that_nobody_requested(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(background, "_FIRST_PAUSE_SECONDS", 0)
    attempts, repeated = 0, asyncio.Event()

    async def work() -> None:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise asyncio.CancelledError
        if attempts == 2:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(0)
        repeated.set()
        await asyncio.Event().wait()

    async with background.running([work]):
        await asyncio.wait_for(repeated.wait(), 5)
    assert attempts == 3


_ENDING_WORK = """
import asyncio
from libs.common.tasks import background
from libs.common.web import logging

async def work():
    {body}

async def main():
    async with background.running([work]):
        await asyncio.sleep({seconds})

logging.configure("catalog", "info")
background._FIRST_PAUSE_SECONDS = 0.001
background._LONGEST_PAUSE_SECONDS = 0.001
asyncio.run(main())
"""


def _run_ending_work(body: str, seconds: float) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _ENDING_WORK.format(body=body, seconds=seconds)],
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_work_that_ends_again_and_again_ends_the_process() -> None:
    done = _run_ending_work("raise ValueError", 60)
    assert done.returncode == -signal.SIGTERM
    last = json.loads(done.stdout.splitlines()[-1])
    assert last["event"] == "background work cannot run; ending the process"
    assert last["task"] == "work"
    assert done.stderr == ""


def test_work_that_cannot_reach_the_database_never_ends_the_process() -> None:
    done = _run_ending_work("raise ConnectionRefusedError", 0.5)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("background work ended; restarting it") > 20
