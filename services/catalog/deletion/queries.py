"""SQL of events in the feed that the catalog has not applied."""

import sqlalchemy as sa

from libs.common.db.engine import Tx

# The position is "xid:id". It is read first and passed as a value: then PostgreSQL estimates how
# few events are behind it, and reads those instead of all events of the repository.
_POSITION = sa.text("""
    SELECT split_part(position, ':', 1)::bigint AS xid, split_part(position, ':', 2)::bigint AS id
    FROM catalog.feed_positions WHERE feed = 'registry'
""")
_EVENTS_BELOW = sa.text("""
    SELECT EXISTS (
        SELECT FROM events.registry_feed f
        WHERE (f.xid, f.id) > (CAST(:xid AS bigint), CAST(:id AS bigint))
          AND (f.repository = :name OR starts_with(f.repository, :name || '/')))
""")


async def _get_position(tx: Tx) -> dict[str, int]:
    row = (await tx.execute(_POSITION)).one_or_none()
    return {"xid": row.xid, "id": row.id} if row else {"xid": 0, "id": 0}


async def has_unapplied_events_below(tx: Tx, *, name: str) -> bool:
    """Return whether ``name`` or a repository below it has events that were not applied.

    ``name`` is a namespace or the path of a repository.
    """
    values = {**await _get_position(tx), "name": name}
    return bool((await tx.execute(_EVENTS_BELOW, values)).scalar_one())
