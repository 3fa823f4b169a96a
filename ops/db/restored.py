"""Renumbers the events of a restored database, so that the catalog reads all of them.

The catalog reads the feed and the pull sums in the order of the transactions that wrote them. A
restored row keeps the transaction id of the old server. The new server can count from a lower id.
Its rows then come before the position that the catalog has read, and the catalog would skip them.
"""

from typing import Any

_IS_RESTORED = """
SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint <= greatest(
  (SELECT max(xid) FROM events.inbox), (SELECT max(xid) FROM events.pull_hours),
  (SELECT max(split_part(position, ':', 1)::bigint) FROM catalog.feed_positions))
"""
# A row gets the transaction id 1 if the catalog has read it, and 2 otherwise. The ids that a server
# assigns are higher. A row that was written after the restore is unread, whatever its id is.
_RENUMBER = """
LOCK TABLE events.inbox, events.pull_hours, events.pull_tags, catalog.feed_positions
IN EXCLUSIVE MODE;
UPDATE events.inbox i SET xid = CASE WHEN
  EXISTS (SELECT FROM catalog.feed_progress p WHERE (i.xid, i.id) <= (p.xid, p.id))
  AND i.id <= (SELECT max(id) FROM events.inbox
               WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
THEN 1 ELSE 2 END;
UPDATE events.pull_hours SET xid = 1;
UPDATE events.pull_tags SET xid = 1;
UPDATE catalog.feed_positions
SET position = CASE feed WHEN 'registry' THEN '1:' || 9223372036854775807 ELSE '0' END;
"""


async def renumber_if_restored(connection: Any) -> bool:
    """Renumber the rows if the database was restored, and return whether it was.

    The events that the catalog has read stay read. The catalog reads all pull sums
    again. This changes a counter only if it was wrong.

    Args:
        connection: An asyncpg connection, logged in as the owner of the schemas.
    """
    if not await connection.fetchval(_IS_RESTORED):
        return False
    async with connection.transaction():
        await connection.execute(_RENUMBER)
    return True


_SUSPEND = """
UPDATE catalog.deletions SET origin = 'before a restore';
UPDATE catalog.tags SET admitted_in = NULL;
UPDATE catalog.garbage_state SET epoch = epoch + 1;
DELETE FROM catalog.storage_holds;
"""


async def reconcile(connection: Any) -> bool:
    """Prepare a database that was restored to an older state. Return whether it was renumbered.

    Deletions that are under way are suspended, because the names may have other owners since. The
    tags of the storage count from now on, because it can be newer. Marks of garbage are void: the
    next collection lists the whole storage before it deletes. Holds of the storage end.

    Args:
        connection: An asyncpg connection, logged in as the owner of the schemas.
    """
    async with connection.transaction():
        await connection.execute(_SUSPEND)
    return await renumber_if_restored(connection)
