"""A step of a leader worker that hangs is noticed."""

import asyncio
import json
import os
import signal
import subprocess
import sys

from libs.common.tasks import leader
from libs.common.tasks.background import running
from libs.common.tasks.leader import LeaderWorker
from tests.kit.database import Database


async def test_step_that_hangs_is_cancelled_and_the_next_one_runs(emptied: Database) -> None:
    cancelled, repeated = asyncio.Event(), asyncio.Event()

    async def step() -> float:
        if cancelled.is_set():
            repeated.set()
            return 60.0
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return 0.0

    worker = LeaderWorker(
        name="hanging-test",
        application_name="tests",
        database_url=emptied.urls["catalog"],
        channel="tests",
        step=step,
        step_seconds=0.2,
    )
    async with running([worker.run]):
        await asyncio.wait_for(repeated.wait(), 10)


async def test_step_that_cancels_itself_leaves_the_worker_running(emptied: Database) -> None:
    steps, repeated = 0, asyncio.Event()

    async def step() -> float:
        nonlocal steps
        steps += 1
        if steps == 1:
            raise asyncio.CancelledError
        repeated.set()
        return 60.0

    worker = LeaderWorker(
        name="cancelling-test",
        application_name="tests",
        database_url=emptied.urls["catalog"],
        channel="tests",
        step=step,
    )
    async with running([worker.run]):
        await asyncio.wait_for(repeated.wait(), 10)


_DEAF_STEP = """
import asyncio, os
from libs.common.tasks import leader
from libs.common.tasks.background import running
from libs.common.web import logging

async def step():
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            pass

async def main():
    worker = leader.LeaderWorker(
        name="deaf", application_name="tests", database_url=os.environ["URL"], channel="tests",
        step=step, step_seconds=0.2,
    )
    async with running([worker.run]):
        await asyncio.sleep(60)

logging.configure("catalog", "info")
leader._CANCEL_SECONDS = 0.2
asyncio.run(main())
"""


async def test_step_that_ignores_its_cancellation_ends_the_process(emptied: Database) -> None:
    assert leader.STEP_SECONDS > 0
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", _DEAF_STEP],
        env={**os.environ, "URL": emptied.urls["catalog"]},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == -signal.SIGTERM
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {
        "event": "a step of background work hangs; ending the process",
        "task": "deaf",
    }.items() <= next(line for line in lines if line["level"] == "critical").items()
