"""Makes a database that was restored into another PostgreSQL readable again for the catalog's followers.

The feed and the totals are read in order of the transactions that wrote them. A restored row keeps the number of a transaction
of the old server, and the new one may count from far below: what it writes would stand before what was already read, and never
be looked at.
"""

from typing import Any

_IS_RESTORED = """
SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint <= greatest(
  (SELECT max(xid) FROM events.inbox), (SELECT max(xid) FROM events.pull_hours),
  (SELECT max(split_part(position, ':', 1)::bigint) FROM catalog.feed_positions))
"""
# 1: was read, 2: was not; both below every transaction of any server. What came in after the restore was not read, whatever its number.
_RENUMBER = """
LOCK TABLE events.inbox, events.pull_hours, events.pull_tags, catalog.feed_positions IN EXCLUSIVE MODE;
UPDATE events.inbox i SET xid = CASE WHEN
  EXISTS (SELECT FROM catalog.feed_progress p WHERE (i.xid, i.id) <= (p.xid, p.id))
  AND i.id <= (SELECT max(id) FROM events.inbox WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
THEN 1 ELSE 2 END;
UPDATE events.pull_hours SET xid = 1;
UPDATE events.pull_tags SET xid = 1;
UPDATE catalog.feed_positions SET position = CASE feed WHEN 'registry' THEN '1:' || 9223372036854775807 ELSE '0' END;
"""


async def renumber_if_restored(connection: Any) -> bool:
    """Give restored rows numbers that any server's transactions are above, and return whether that was needed.

    `connection`: asyncpg's, as the owner of the schemas. What the catalog has read stays read; totals are carried again, which
    changes nothing that is right.
    """
    if not await connection.fetchval(_IS_RESTORED):
        return False
    async with connection.transaction():
        await connection.execute(_RENUMBER)
    return True
