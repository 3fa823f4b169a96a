"""SQL that deletes old rows. Each statement deletes at most ``limit`` rows and returns how many.

A statement skips rows that another transaction has locked, so replicas can run it at once.
"""

from datetime import timedelta

from libs.common.db.pool import Connection, affected_rows


async def delete_pull_events(connection: Connection, *, age: timedelta, limit: int) -> int:
    """Delete counted pull events that were received more than ``age`` ago.

    The time of the last pull of each digest is kept.
    """
    deleted: int = await connection.fetchval(
        """
        WITH deleted AS (
          DELETE FROM events.inbox WHERE id IN (
            SELECT id FROM events.inbox
            WHERE received_at < now() - $1::interval AND action = 'pull'
              AND counted_at IS NOT NULL
            ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)
          RETURNING repository, digest, method, received_at),
        kept AS (
          INSERT INTO events.digest_pulls AS p (repository, digest, last_pulled_at)
          SELECT repository, digest, max(received_at) FROM deleted
          WHERE method = 'GET' AND digest IS NOT NULL
          GROUP BY repository, digest ORDER BY repository, digest
          ON CONFLICT (repository, digest) DO UPDATE
          SET last_pulled_at = greatest(p.last_pulled_at, excluded.last_pulled_at))
        SELECT count(*) FROM deleted
        """,
        age,
        limit,
    )
    return deleted


async def delete_digest_pulls(connection: Connection, *, age: timedelta, limit: int) -> int:
    """Delete the last pulls of digests that were pulled more than ``age`` ago."""
    return affected_rows(
        await connection.execute(
            """
            DELETE FROM events.digest_pulls WHERE (repository, digest) IN (
              SELECT repository, digest FROM events.digest_pulls
              WHERE last_pulled_at < now() - $1::interval LIMIT $2 FOR UPDATE SKIP LOCKED)
            """,
            age,
            limit,
        )
    )


async def delete_last_uses(connection: Connection, *, age: timedelta, limit: int) -> int:
    """Delete the last uses that are older than ``age``."""
    return affected_rows(
        await connection.execute(
            """
            DELETE FROM events.last_uses WHERE (repository, reference) IN (
              SELECT repository, reference FROM events.last_uses
              WHERE last_used_at < now() - $1::interval LIMIT $2 FOR UPDATE SKIP LOCKED)
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


async def delete_subjects(connection: Connection, *, age: timedelta, limit: int) -> int:
    """Delete subjects of referrers that were looked up more than ``age`` ago."""
    return affected_rows(
        await connection.execute(
            """
            DELETE FROM events.subjects WHERE (repository, digest) IN (
              SELECT repository, digest FROM events.subjects
              WHERE resolved_at < now() - $1::interval LIMIT $2 FOR UPDATE SKIP LOCKED)
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


async def delete_ended_uses(connection: Connection, *, age: timedelta, limit: int) -> int:
    """Delete the last uses in repositories that were deleted more than ``age`` ago.

    If the name belongs to another repository now, its uses stay.
    """
    return affected_rows(
        await connection.execute(
            """
            DELETE FROM events.last_uses WHERE (repository, reference) IN (
              SELECT u.repository, u.reference
              FROM catalog.repository_generations g
              JOIN events.last_uses u ON u.repository = g.repository
              WHERE g.started_at < now() - $1::interval
                AND (u.last_used_at < g.started_at
                     OR NOT EXISTS (
                       SELECT FROM catalog.repository_owners o
                       WHERE o.repository = u.repository))
              LIMIT $2 FOR UPDATE OF u SKIP LOCKED)
            """,
            age,
            limit,
        )
    )


async def delete_ended_pulls(connection: Connection, *, age: timedelta, limit: int) -> int:
    """Delete the pulls of repositories that were deleted more than ``age`` ago.

    If the name belongs to another repository now, its pulls stay: they are of the current
    generation. ``limit`` is a number of sums; the hours of each sum are deleted with it.
    """
    return affected_rows(
        await connection.execute(
            """
            WITH ended AS (
              SELECT t.repository, t.generation, t.tag
              FROM events.pull_tags t
              JOIN catalog.repository_generations g ON g.repository = t.repository
              WHERE g.started_at < now() - $1::interval
                AND (t.generation < (extract(epoch FROM g.started_at) * 1000000)::bigint * 1000
                     OR NOT EXISTS (
                       SELECT FROM catalog.repository_owners o WHERE o.repository = t.repository))
              LIMIT $2 FOR UPDATE OF t SKIP LOCKED),
            hours AS (
              DELETE FROM events.pull_hours h USING ended e
              WHERE (h.repository, h.generation, h.tag) = (e.repository, e.generation, e.tag))
            DELETE FROM events.pull_tags t USING ended e
            WHERE (t.repository, t.generation, t.tag) = (e.repository, e.generation, e.tag)
            """,
            age,
            limit,
        )
    )
