"""Follow the feed step by step, without the app's worker."""

from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.sync.feed import usecases
from services.catalog.sync.feed.follower import Follower
from tests.kit.waiting import soon


async def follow_to_the_end(follower: Follower, engine: AsyncEngine) -> None:
    """Apply all events in the feed.

    A new event is unreadable while an older transaction is open, even one of PostgreSQL's own in
    another database. So a step without an event does not mean that the feed is at its end.
    """

    async def read_rest() -> usecases.Batch:
        await follower.step()
        return await usecases.read_batch(engine=engine, limit=1)

    await soon(read_rest, lambda batch: not batch.events and not batch.unsettled, within=10)
