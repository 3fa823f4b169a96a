"""The fair queue serves its sources in turn and bounds how many callers wait."""

import asyncio

import pytest

from libs.common.security.fair_queue import FairQueue, QueueFull


async def test_a_flood_from_one_source_delays_another_source_by_one_slot() -> None:
    fair_queue = FairQueue(concurrency=1, per_source=100, total=200)
    order: list[str] = []
    finish = asyncio.Event()

    async def run(source: str) -> None:
        async with fair_queue.slot(source):
            order.append(source)
            await finish.wait()

    flood = [asyncio.create_task(run("flood")) for _ in range(50)]
    await asyncio.sleep(0)
    user = asyncio.create_task(run("user"))
    await asyncio.sleep(0)
    finish.set()
    await asyncio.gather(user, *flood)
    assert order.index("user") <= 2
    assert len(order) == 51


async def test_callers_beyond_the_limit_of_a_source_or_the_total_limit_are_refused() -> None:
    fair_queue = FairQueue(concurrency=1, per_source=2, total=3)
    finish = asyncio.Event()

    async def run(source: str) -> None:
        async with fair_queue.slot(source):
            await finish.wait()

    accepted = [asyncio.create_task(run("a")) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(QueueFull):
        await run("a")
    accepted.append(asyncio.create_task(run("b")))
    await asyncio.sleep(0)
    with pytest.raises(QueueFull):
        await run("c")
    finish.set()
    await asyncio.gather(*accepted)
    await run("c")


async def test_a_cancelled_caller_passes_its_slot_to_the_next_one() -> None:
    fair_queue = FairQueue(concurrency=1, per_source=10, total=10)
    finish = asyncio.Event()

    async def run(source: str) -> str:
        async with fair_queue.slot(source):
            await finish.wait()
            return source

    first = asyncio.create_task(run("a"))
    await asyncio.sleep(0)
    leaving, staying = asyncio.create_task(run("b")), asyncio.create_task(run("c"))
    await asyncio.sleep(0)
    leaving.cancel()
    finish.set()
    assert list(await asyncio.gather(first, staying)) == ["a", "c"]
    assert await asyncio.create_task(run("d")) == "d"
