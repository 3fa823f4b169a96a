"""SQL of deleted indexes. A trigger inserts the rows."""

from datetime import timedelta

import sqlalchemy as sa

from libs.common.db.engine import Tx

_DELETE_EXPIRED = sa.text("""
    DELETE FROM catalog.deleted_indexes WHERE id IN (
      SELECT id FROM catalog.deleted_indexes
      WHERE deleted_at
        < least(now(), (SELECT received_at FROM events.oldest_pull)) - CAST(:age AS interval)
      ORDER BY deleted_at LIMIT :limit FOR UPDATE SKIP LOCKED)
    RETURNING id
""")


async def delete_expired(tx: Tx, *, age: timedelta, limit: int) -> int:
    """Delete up to ``limit`` rows, oldest first, and return how many.

    A row expires if the index was deleted ``age`` before now, and ``age`` before the oldest pull
    event in the inbox.
    """
    rows = await tx.execute(_DELETE_EXPIRED, {"age": age, "limit": limit})
    return len(rows.all())
