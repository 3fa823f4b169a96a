"""Taking the feed's steps by hand."""

from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.sync.feed import usecases
from services.catalog.sync.feed.follower import Follower
from tests.kit.waiting import soon


async def follow_to_the_end(follower: Follower, engine: AsyncEngine) -> None:
    """Apply all that is in the feed.

    What was just stored can be unreadable for some milliseconds, while a transaction that began before it is open: one of PostgreSQL's
    own in another database of the server is enough. So one step without an event is not yet the end.
    """

    async def rest() -> usecases.Batch:
        await follower.step()
        return await usecases.read_batch(engine=engine, limit=1)

    await soon(rest, lambda batch: not batch.events and not batch.unsettled, within=10)
