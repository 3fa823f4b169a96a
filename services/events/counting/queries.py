"""SQL of counting. Every statement takes arrays, so a batch costs a fixed number of round trips."""

from collections.abc import Collection, Mapping, Sequence

from asyncpg import Record

from libs.common.db.pool import Connection
from services.events.counting.domain import (
    HOUR_NS,
    Delta,
    InboxEvent,
    PullHour,
    RecordedEffect,
    time_of,
)
from services.events.history.domain import SECOND_NS, Client, Key, PullEvent
from services.events.ingest.domain import Event

_CLIENT_LOCKS = 1024
_LOCK_CLASS = 0x6D6F6F72  # "moor": separates these advisory locks from those of other programs

_PULL_EVENT = "i.event_id, i.at_ns, i.method, i.request_id, i.tag, i.digest, i.media_type"


async def claim_events(connection: Connection, *, limit: int) -> dict[Client, list[InboxEvent]]:
    """Lock up to ``limit`` uncounted pull events that no other worker has locked.

    The events that were received first come first.
    """
    rows = await connection.fetch(
        f"""
        SELECT i.id, i.effect, i.received_at, {_PULL_EVENT},
               i.repository, i.docker_user, i.address, i.user_agent
        FROM events.inbox i
        WHERE i.counted_at IS NULL AND (i.retry_at IS NULL OR i.retry_at <= now())
        ORDER BY i.id LIMIT $1 FOR UPDATE SKIP LOCKED
        """,  # noqa: S608
        limit,
    )
    claimed: dict[Client, list[InboxEvent]] = {}
    for row in rows:
        client = Client(row["repository"], row["docker_user"], row["address"], row["user_agent"])
        claimed.setdefault(client, []).append(_inbox_event(row))
    return claimed


async def lock_clients(connection: Connection, clients: Collection[Client]) -> None:
    """Lock ``clients`` until the transaction ends. Waits for transactions that hold a lock."""
    locks = sorted({client.id.int % _CLIENT_LOCKS for client in clients})
    await connection.execute(
        "SELECT pg_advisory_xact_lock($1, lock) FROM unnest($2::int[]) AS lock", _LOCK_CLASS, locks
    )


async def list_counted_events(
    connection: Connection, after: Mapping[Client, Key]
) -> dict[Client, list[InboxEvent]]:
    """Return the counted events of each client after a key."""
    clients = list(after)
    rows = await connection.fetch(
        f"""
        SELECT c.n, i.id, i.effect, i.received_at, {_PULL_EVENT}
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[])
             WITH ORDINALITY
             AS c (repository, docker_user, address, user_agent, after_ns, after_id, n)
        JOIN events.inbox i ON i.repository = c.repository AND i.docker_user = c.docker_user
          AND i.address = c.address AND i.user_agent = c.user_agent
          AND i.at_ns >= c.after_ns AND (i.at_ns, i.event_id) > (c.after_ns, c.after_id)
        WHERE i.action = 'pull' AND i.counted_at IS NOT NULL
        """,  # noqa: S608
        [client.repository for client in clients],
        [client.docker_user for client in clients],
        [client.address for client in clients],
        [client.user_agent for client in clients],
        [at_ns for at_ns, _ in after.values()],
        [event_id for _, event_id in after.values()],
    )
    counted: dict[Client, list[InboxEvent]] = {}
    for row in rows:
        counted.setdefault(clients[row["n"] - 1], []).append(_inbox_event(row))
    return counted


async def find_event(connection: Connection, key: Key) -> InboxEvent | None:
    """Return the event ``key``, or None if it is no longer in the inbox."""
    at_ns, event_id = key
    row = await connection.fetchrow(
        f"""
        SELECT i.id, i.effect, i.received_at, {_PULL_EVENT} FROM events.inbox i
        WHERE i.event_id = $1 AND i.at_ns = $2
        """,  # noqa: S608
        event_id,
        at_ns,
    )
    return None if row is None else _inbox_event(row)


async def find_generations(connection: Connection, repositories: Collection[str]) -> dict[str, int]:
    """Return the generation of each repository whose name belonged to a deleted repository before.

    A generation is the time, in nanoseconds since 1970, at which the name became free. Other
    repositories are left out; their generation is 0.
    """
    rows = await connection.fetch(
        """
        SELECT repository, (extract(epoch FROM started_at) * 1000000)::bigint * 1000 AS generation
        FROM catalog.repository_generations WHERE repository = ANY ($1::text[])
        """,
        list(repositories),
    )
    return {row["repository"]: row["generation"] for row in rows}


async def record_effects(
    connection: Connection, effects: Sequence[tuple[int, RecordedEffect | None]]
) -> None:
    """Mark events (by id) as counted, and store their effects."""
    await connection.execute(
        """
        UPDATE events.inbox i
        SET counted_at = coalesce(i.counted_at, now()), retry_at = NULL, effect = u.effect
        FROM unnest($1::bigint[], $2::jsonb[]) AS u (id, effect) WHERE i.id = u.id
        """,
        [event_id for event_id, _ in effects],
        [recorded.to_json() if recorded else None for _, recorded in effects],
    )


async def add_deltas(connection: Connection, deltas: Mapping[PullHour, Delta]) -> None:
    """Add ``deltas`` to the counters, in the given order.

    The transaction id of each row lets the catalog find the counters that changed.
    """
    await connection.execute(
        """
        INSERT INTO events.pull_hours AS h
          (repository, generation, hour, tag, docker_user, pulls, checks, last_pulled_at)
        SELECT * FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[],
                             $6::bigint[], $7::bigint[], $8::timestamptz[])
        ON CONFLICT (repository, generation, hour, tag, docker_user) DO UPDATE SET
          pulls = h.pulls + EXCLUDED.pulls, checks = h.checks + EXCLUDED.checks,
          last_pulled_at = greatest(h.last_pulled_at, EXCLUDED.last_pulled_at),
          xid = pg_current_xact_id()::text::bigint
        """,
        *_key_columns(deltas),
        [delta.pulls for delta in deltas.values()],
        [delta.checks for delta in deltas.values()],
        [
            None if delta.last_pull_ns is None else time_of(delta.last_pull_ns)
            for delta in deltas.values()
        ],
    )


async def correct_last_pulls(connection: Connection, deltas: Mapping[PullHour, Delta]) -> None:
    """Where the latest pull of a counter was withdrawn, find the pull before it in the inbox.

    Call it after ``add_deltas``, which locks the counters, and ``record_effects``.
    """
    withdrawn = {
        key: time_of(delta.withdrawn_ns)
        for key, delta in deltas.items()
        if delta.withdrawn_ns is not None
    }
    if not withdrawn:
        return
    await connection.execute(
        """
        UPDATE events.pull_hours h SET last_pulled_at = CASE WHEN h.pulls > 0 THEN coalesce((
          SELECT timestamptz 'epoch' + max(i.at_ns) / 1000 * interval '1 microsecond'
          FROM events.inbox i
          WHERE i.repository = h.repository AND i.docker_user = h.docker_user
            AND i.effect ->> 'pull' = h.tag
            AND coalesce((i.effect ->> 'since')::bigint, 0) = h.generation
            AND i.at_ns >= u.hour_ns AND i.at_ns < u.hour_ns + $8::bigint
        ), h.last_pulled_at) END
        FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[],
                    $6::timestamptz[], $7::bigint[])
             AS u (repository, generation, hour, tag, docker_user, withdrawn, hour_ns)
        WHERE (h.repository, h.generation, h.hour, h.tag, h.docker_user)
            = (u.repository, u.generation, u.hour, u.tag, u.docker_user)
          AND h.last_pulled_at <= u.withdrawn
        """,
        *_key_columns(withdrawn),
        list(withdrawn.values()),
        [int(key.hour.timestamp()) * SECOND_NS for key in withdrawn],
        HOUR_NS,
    )


async def record_uses(connection: Connection, uses: Mapping[tuple[str, str], int]) -> None:
    """Store the last use of each repository and reference, in nanoseconds since 1970.

    A later use that is stored stays. Call it last in a transaction: two workers then lock the rows
    in the same order.
    """
    ordered = sorted(uses)
    await connection.execute(
        """
        INSERT INTO events.last_uses AS u (repository, reference, last_used_at)
        SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[])
        ON CONFLICT (repository, reference) DO UPDATE SET last_used_at = EXCLUDED.last_used_at
        WHERE u.last_used_at < EXCLUDED.last_used_at
        """,
        [repository for repository, _ in ordered],
        [reference for _, reference in ordered],
        [time_of(uses[key]) for key in ordered],
    )


async def record_progress(connection: Connection) -> None:
    """Publish until when all received pull events are counted, at most every five seconds."""
    await connection.execute(
        """
        INSERT INTO events.counting_state AS s (counted_until)
        SELECT coalesce((SELECT received_at FROM events.inbox
                         WHERE counted_at IS NULL ORDER BY id LIMIT 1), clock_timestamp())
        ON CONFLICT (id) DO UPDATE SET counted_until = EXCLUDED.counted_until
        WHERE EXCLUDED.counted_until < s.counted_until
           OR EXCLUDED.counted_until > s.counted_until + interval '5 seconds'
        """
    )


async def notify_catalog(connection: Connection) -> None:
    """Notify the catalog, at commit, that counters changed."""
    await connection.execute("SELECT pg_notify('moorage_counts', '')")


async def get_lag_seconds(connection: Connection) -> float:
    """Return the age of the pull event that has waited longest to be counted; 0 if none waits."""
    age = await connection.fetchval(
        """
        SELECT extract(epoch FROM clock_timestamp() - received_at)::float8 FROM events.inbox
        WHERE counted_at IS NULL ORDER BY id LIMIT 1
        """
    )
    return max(0.0, float(age or 0.0))


async def delete_first_event(connection: Connection) -> Event | None:
    """Delete and return the first uncounted event that no worker has locked, or None."""
    row = await connection.fetchrow(
        """
        DELETE FROM events.inbox WHERE id = (
          SELECT id FROM events.inbox
          WHERE counted_at IS NULL AND (retry_at IS NULL OR retry_at <= now())
          ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING event_id, at_ns, action, method, request_id, repository, tag, digest, media_type,
          docker_user, address, user_agent
        """
    )
    return None if row is None else Event(**row)


def _inbox_event(row: Record) -> InboxEvent:
    event = PullEvent(
        row["event_id"],
        row["at_ns"],
        row["method"] == "HEAD",
        row["request_id"],
        row["tag"],
        row["digest"],
        row["media_type"],
    )
    effect = row["effect"]
    recorded = None if effect is None else RecordedEffect.from_json(effect)
    return InboxEvent(row["id"], event, recorded, row["received_at"])


def _key_columns(keys: Collection[PullHour]) -> list[list[object]]:
    return [[key[column] for key in keys] for column in range(len(PullHour._fields))]
