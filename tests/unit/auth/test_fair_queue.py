"""Sources take turns when passwords are checked."""

import asyncio

import pytest

from services.auth.passwords.fair_queue import FairQueue, QueueFull


async def test_a_flood_from_one_source_delays_another_by_one_turn() -> None:
    turns = FairQueue(at_once=1, per_source=100, in_all=200)
    order: list[str] = []
    hold = asyncio.Event()

    async def go(source: str) -> None:
        async with turns.turn(source):
            order.append(source)
            await hold.wait()

    flood = [asyncio.create_task(go("flood")) for _ in range(50)]
    await asyncio.sleep(0)
    user = asyncio.create_task(go("user"))
    await asyncio.sleep(0)
    hold.set()
    await asyncio.gather(user, *flood)
    assert order.index("user") <= 2
    assert len(order) == 51


async def test_too_many_from_one_source_or_in_all_are_refused() -> None:
    turns = FairQueue(at_once=1, per_source=2, in_all=3)
    hold = asyncio.Event()

    async def go(source: str) -> None:
        async with turns.turn(source):
            await hold.wait()

    held = [asyncio.create_task(go("a")) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(QueueFull):
        await go("a")
    held.append(asyncio.create_task(go("b")))
    await asyncio.sleep(0)
    with pytest.raises(QueueFull):
        await go("c")
    hold.set()
    await asyncio.gather(*held)
    await go("c")


async def test_whoever_leaves_gives_the_turn_on() -> None:
    turns = FairQueue(at_once=1, per_source=10, in_all=10)
    hold = asyncio.Event()

    async def go(source: str) -> str:
        async with turns.turn(source):
            await hold.wait()
            return source

    first = asyncio.create_task(go("a"))
    await asyncio.sleep(0)
    leaving, staying = asyncio.create_task(go("b")), asyncio.create_task(go("c"))
    await asyncio.sleep(0)
    leaving.cancel()
    hold.set()
    assert list(await asyncio.gather(first, staying)) == ["a", "c"]
    called = asyncio.create_task(go("d"))
    assert await called == "d"
