"""Background work stops with its context and restarts after a failure."""

import asyncio

import pytest

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
    monkeypatch.setattr(background, "_RESTART_SECONDS", 0)
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
