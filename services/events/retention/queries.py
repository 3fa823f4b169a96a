"""SQL that deletes old rows. Each statement deletes at most ``limit`` rows and returns how many.

A statement skips rows that another transaction has locked, so replicas can run it at once.
"""

from datetime import timedelta

from libs.common.db.pool import Connection, affected_rows


async def delete_pull_events(connection: Connection, *, age: timedelta, limit: int) -> int:
    """Delete counted pull events that were received more than ``age`` ago."""
    return affected_rows(
        await connection.execute(
            """
            DELETE FROM events.inbox WHERE id IN (
              SELECT id FROM events.inbox
              WHERE received_at < now() - $1::interval AND action = 'pull'
                AND counted_at IS NOT NULL
              ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)
            """,
            age,
            limit,
        )
    )


async def delete_feed_events(connection: Connection, *, age: timedelta, limit: int) -> int:
    """Delete pushes and deletions that the catalog has read and that are older than ``age``."""
    return affected_rows(
        await connection.execute(
            """
            DELETE FROM events.inbox WHERE id IN (
              SELECT i.id FROM events.inbox i
              WHERE i.received_at < now() - $1::interval AND i.action <> 'pull'
                AND EXISTS (
                  SELECT FROM catalog.feed_progress p WHERE (i.xid, i.id) <= (p.xid, p.id))
              ORDER BY i.id LIMIT $2 FOR UPDATE SKIP LOCKED)
            """,
            age,
            limit,
        )
    )


async def delete_checkpoints(connection: Connection, *, age: timedelta, limit: int) -> int:
    """Delete checkpoints that were saved more than ``age`` ago."""
    return affected_rows(
        await connection.execute(
            """
            DELETE FROM events.checkpoints WHERE (client, at_ns, event_id) IN (
              SELECT client, at_ns, event_id FROM events.checkpoints
              WHERE saved_at < now() - $1::interval LIMIT $2 FOR UPDATE SKIP LOCKED)
            """,
            age,
            limit,
        )
    )


async def delete_indexes(connection: Connection, *, age: timedelta, limit: int) -> int:
    """Delete children of indexes that were looked up more than ``age`` ago."""
    return affected_rows(
        await connection.execute(
            """
            DELETE FROM events.indexes WHERE (repository, digest) IN (
              SELECT repository, digest FROM events.indexes
              WHERE resolved_at < now() - $1::interval LIMIT $2 FOR UPDATE SKIP LOCKED)
            """,
            age,
            limit,
        )
    )
