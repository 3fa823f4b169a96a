"""SQL of the counters: the pull sums that the events service publishes, carried into indexed columns.

Counters are set to the sum, never added to, so that carrying one twice changes nothing.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from libs.common.db.engine import Tx
from services.catalog.tables import feed_positions

_FEED = "pull_totals"


async def lock(tx: Tx) -> None:
    """Be the only one that writes counters until the transaction ends.

    Without it a pull counted while a first push is being written would find no row to be carried into, and be looked for no more.
    """
    await tx.execute(
        sa.text("SELECT pg_advisory_xact_lock(hashtextextended('moorage counters', 0))")
    )


async def get_position(tx: Tx) -> int:
    """The transaction id from which on changes were not carried yet."""
    statement = sa.select(feed_positions.c.position).where(feed_positions.c.feed == _FEED)
    return int((await tx.execute(statement)).scalar_one_or_none() or 0)


async def put_position(tx: Tx, position: int) -> None:
    """Changes of transactions before ``position`` are carried."""
    statement = insert(feed_positions).values(feed=_FEED, position=str(position))
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["feed"], set_={"position": statement.excluded.position}
        )
    )


async def find_changed(tx: Tx, *, since: int) -> tuple[Sequence[str], int]:
    """The repositories whose sums transactions from ``since`` on changed, and from where to look the next time.

    That is the oldest transaction that may still be open: what it changes is not visible yet. One that ended after it is looked at again.
    """
    statement = sa.text("""
        SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS next,
               coalesce((SELECT array_agg(DISTINCT repository) FROM events.pull_sums WHERE xid >= :since), '{}') AS repositories
    """)
    row = (await tx.execute(statement, {"since": since})).one()
    return row.repositories, row.next


_CARRY_REPOSITORIES = sa.text("""
    UPDATE catalog.repositories r SET pull_count = total.pulls, last_pulled_at = total.last_pulled_at
    FROM (SELECT repository, sum(pulls)::bigint AS pulls, max(last_pulled_at) AS last_pulled_at
          FROM events.pull_sums WHERE repository = ANY(:repositories) GROUP BY repository) total
    WHERE r.path = total.repository AND (r.pull_count, r.last_pulled_at) IS DISTINCT FROM (total.pulls, total.last_pulled_at)
""")

_CARRY_TAGS = sa.text("""
    UPDATE catalog.tags t SET pull_count = total.pulls, last_pulled_at = total.last_pulled_at
    FROM events.pull_sums total JOIN catalog.repositories r ON r.path = total.repository
    WHERE total.repository = ANY(:repositories) AND total.xid >= :since AND t.repository_id = r.id AND t.name = total.tag
      AND (t.pull_count, t.last_pulled_at) IS DISTINCT FROM (total.pulls, total.last_pulled_at)
""")


async def carry(tx: Tx, *, repositories: Sequence[str], since: int = 0) -> None:
    """Set the counters of these repositories, and of those of their tags that changed from ``since`` on; call it under the ``lock``."""
    if repositories:
        await tx.execute(_CARRY_REPOSITORIES, {"repositories": list(repositories)})
        await tx.execute(_CARRY_TAGS, {"repositories": list(repositories), "since": since})
