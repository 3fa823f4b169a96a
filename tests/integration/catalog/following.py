"""Follow the feed step by step, without the app's worker."""

import asyncio

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.sync.feed import usecases
from services.catalog.sync.feed.delayed import DelayedRepositories
from services.catalog.sync.feed.follower import Follower
from tests.kit.waiting import soon

_UNTRIED = sa.text("SELECT count(*) FROM catalog.delayed_repositories WHERE failures = 0")


async def follow_to_the_end(
    follower: Follower, engine: AsyncEngine, *, delayed: bool = True
) -> None:
    """Apply all events in the feed.

    A new event is unreadable while an older transaction is open, even one of PostgreSQL's own in
    another database. So a step without an event does not mean that the feed is at its end.

    On a busy machine, a repository can be too slow for the follower. With ``delayed``, such a
    repository is tried once more.
    """

    async def read_rest() -> usecases.Batch:
        await follower.step()
        return await usecases.read_batch(engine=engine, limit=1)

    await soon(read_rest, lambda batch: not batch.events and not batch.unsettled, within=10)
    if not delayed:
        return
    worker = DelayedRepositories(engine, follower._registry)

    async def untried() -> int:
        async with engine.connect() as tx:
            count = int((await tx.execute(_UNTRIED)).scalar_one())
        if count:
            await worker.step()
        return count

    await soon(untried, lambda count: not count, within=20)
    await asyncio.gather(*worker._running.values())
