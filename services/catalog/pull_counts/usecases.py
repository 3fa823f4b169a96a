"""Copy the sums of pulls from the events service."""

from libs.common.db.engine import Engine
from services.catalog.pull_counts import queries

CHANNEL = "moorage_counts"
_POLL_SECONDS = 1.0


async def copy_sums(*, engine: Engine) -> float:
    """Copy all sums that have changed since the last call.

    Return the seconds until the next call, if no notification comes first.
    """
    async with engine.begin() as tx:
        await queries.lock_counters(tx, to_copy=True)
        since = await queries.get_position(tx)
        changed, next_position = await queries.find_changed(tx, since=since)
        if changed:
            await queries.copy_sums(tx, repositories=changed, since=since)
            await queries.put_position(tx, next_position)
    return _POLL_SECONDS
