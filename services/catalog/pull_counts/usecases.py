"""One step of the counters."""

from libs.common.db.engine import Engine
from services.catalog.pull_counts import queries

CHANNEL = "moorage_counts"
_POLL_SECONDS = 1.0


async def carry_totals(*, engine: Engine) -> float:
    """Carry what changed since the last time; returns the seconds after which to look again without a notification."""
    async with engine.begin() as tx:
        await queries.lock(tx)
        since = await queries.get_position(tx)
        changed, following = await queries.find_changed(tx, since=since)
        if changed:
            await queries.carry(tx, repositories=changed, since=since)
            await queries.put_position(tx, following)
    return _POLL_SECONDS
