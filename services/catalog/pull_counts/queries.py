"""SQL of the pull counters.

The events service publishes sums of pulls. The catalog copies them into indexed columns, so that
lists can be sorted by them. A counter is set to its sum, never incremented, so copying a sum twice
changes nothing.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from libs.common.db.engine import Tx
from services.catalog.tables import feed_positions

_FEED = "pull_totals"


async def lock_counters(tx: Tx, *, to_copy: bool = False) -> None:
    """Lock the counters until the transaction ends: to copy sums, or to write repositories or tags.

    Copies exclude writes. Otherwise the sum of a pull that is counted during a first push would
    find no row to be copied to, and would not be copied later. Writes do not exclude each other.

    Take the lock of the repository first, and write no repository or tag before this call.
    """
    shared = "" if to_copy else "_shared"
    await tx.execute(
        sa.text(f"SELECT pg_advisory_xact_lock{shared}(hashtextextended('moorage counters', 0))")
    )


async def get_position(tx: Tx) -> int:
    """Return the transaction id from which on changed sums were not copied."""
    statement = sa.select(feed_positions.c.position).where(feed_positions.c.feed == _FEED)
    return int((await tx.execute(statement)).scalar_one_or_none() or 0)


async def put_position(tx: Tx, position: int) -> None:
    """Record that the changes of all transactions before ``position`` are copied."""
    statement = insert(feed_positions).values(feed=_FEED, position=str(position))
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["feed"], set_={"position": statement.excluded.position}
        )
    )


_CHANGED = sa.text("""
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS next,
           coalesce((SELECT array_agg(DISTINCT repository)
                     FROM events.pull_sums WHERE xid >= :since), '{}') AS repositories
""")


async def find_changed(tx: Tx, *, since: int) -> tuple[Sequence[str], int]:
    """Return the repositories whose sums have changed, and the next position.

    ``since`` is the first transaction id to read. The next position is the oldest transaction that
    may still be open, because its changes are not visible yet. Later transactions that have ended
    are read again.
    """
    row = (await tx.execute(_CHANGED, {"since": since})).one()
    return row.repositories, row.next


_COPY_REPOSITORY_SUMS = sa.text("""
    UPDATE catalog.repositories r
    SET pull_count = total.pulls, last_pulled_at = total.last_pulled_at
    FROM (SELECT repository, sum(pulls)::bigint AS pulls, max(last_pulled_at) AS last_pulled_at
          FROM events.pull_sums WHERE repository = ANY(:repositories) GROUP BY repository) total
    WHERE r.path = total.repository
      AND (r.pull_count, r.last_pulled_at) IS DISTINCT FROM (total.pulls, total.last_pulled_at)
""")

_COPY_TAG_SUMS = sa.text("""
    UPDATE catalog.tags t SET pull_count = total.pulls, last_pulled_at = total.last_pulled_at
    FROM events.pull_sums total JOIN catalog.repositories r ON r.path = total.repository
    WHERE total.repository = ANY(:repositories) AND total.xid >= :since
      AND t.repository_id = r.id AND t.name = total.tag
      AND (t.pull_count, t.last_pulled_at) IS DISTINCT FROM (total.pulls, total.last_pulled_at)
""")


async def copy_sums(tx: Tx, *, repositories: Sequence[str], since: int = 0) -> None:
    """Set the counters of ``repositories`` and of their tags whose sums changed since ``since``.

    The caller must hold the lock of ``lock_counters``.
    """
    if repositories:
        await tx.execute(_COPY_REPOSITORY_SUMS, {"repositories": list(repositories)})
        await tx.execute(_COPY_TAG_SUMS, {"repositories": list(repositories), "since": since})
