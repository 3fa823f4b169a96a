"""SQL of counting, over asyncpg itself. Every statement takes arrays: a batch costs a fixed number of round trips."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.events.counting.deltas import (
    Change,
    Entry,
    Row,
    at,
    entry_of,
)
from services.events.counting.domain import MANIFEST_TYPES, Client, Key, PullEvent

_LOCKS = 1024
_LOCK_CLASS = 0x6D6F6F72  # "moor": tells our advisory locks from anybody else's

Pair = tuple[str, str]
"""(repository, digest)"""

_EVENT = "event_id, at_ns, method, request_id, tag, digest, media_type"
_CLIENT = "repository, docker_user, address, user_agent"


@dataclass(frozen=True, slots=True)
class Stored:
    """A pull event of the inbox, and what it counts as so far."""

    id: int
    event: PullEvent
    entry: Entry | None
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What was remembered of a client after the event ``key``; ``run`` counts events since the last one that is kept."""

    key: Key
    run: int
    state: str


def _event(row: Any) -> PullEvent:
    return PullEvent(
        row["event_id"],
        row["at_ns"],
        row["method"] == "HEAD",
        row["request_id"],
        row["tag"],
        row["digest"],
        row["media_type"],
    )


async def claim(connection: Any, limit: int) -> dict[Client, list[Stored]]:
    """Lock up to ``limit`` pull events that are not counted and that no other worker holds, oldest delivery first."""
    rows = await connection.fetch(
        f"SELECT id, received_at, {_EVENT}, {_CLIENT} FROM events.inbox"  # noqa: S608
        " WHERE counted_at IS NULL AND (retry_at IS NULL OR retry_at <= now()) ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED",
        limit,
    )
    claimed: dict[Client, list[Stored]] = {}
    for row in rows:
        client = Client(row["repository"], row["docker_user"], row["address"], row["user_agent"])
        claimed.setdefault(client, []).append(
            Stored(row["id"], _event(row), None, row["received_at"])
        )
    return claimed


async def lock_clients(connection: Any, clients: Collection[Client]) -> None:
    """Wait until nobody else counts any of ``clients``, and keep it so until the transaction ends."""
    buckets = sorted({client.id.int % _LOCKS for client in clients})
    await connection.execute(
        "SELECT pg_advisory_xact_lock($1, bucket) FROM unnest($2::int[]) AS bucket",
        _LOCK_CLASS,
        buckets,
    )


async def find_checkpoints(
    connection: Any, before: Mapping[Client, Key]
) -> dict[Client, Checkpoint]:
    """For each client its last checkpoint before a key."""
    clients = list(before)
    rows = await connection.fetch(
        "SELECT c.n, k.at_ns, k.event_id, k.run, k.state FROM unnest($1::uuid[], $2::bigint[], $3::text[])"
        " WITH ORDINALITY AS c (client, at_ns, event_id, n) CROSS JOIN LATERAL ("
        "SELECT k.at_ns, k.event_id, k.run, k.state FROM events.checkpoints k"
        " WHERE k.client = c.client AND (k.at_ns, k.event_id) < (c.at_ns, c.event_id)"
        " ORDER BY k.at_ns DESC, k.event_id DESC LIMIT 1) k",
        [client.id for client in clients],
        [before[client][0] for client in clients],
        [before[client][1] for client in clients],
    )
    return {
        clients[row["n"] - 1]: Checkpoint((row["at_ns"], row["event_id"]), row["run"], row["state"])
        for row in rows
    }


async def list_counted(connection: Any, after: Mapping[Client, Key]) -> dict[Client, list[Stored]]:
    """For each client its events after a key that have been counted."""
    clients = list(after)
    rows = await connection.fetch(
        f"SELECT c.n, i.id, i.effect, {_EVENT_OF_I} FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[])"  # noqa: S608
        " WITH ORDINALITY AS c (repository, docker_user, address, user_agent, after_ns, after_id, n)"
        " JOIN events.inbox i ON i.repository = c.repository AND i.docker_user = c.docker_user AND i.address = c.address"
        " AND i.user_agent = c.user_agent AND i.at_ns >= c.after_ns AND (i.at_ns, i.event_id) > (c.after_ns, c.after_id)"
        " WHERE i.action = 'pull' AND i.counted_at IS NOT NULL",
        [client.repository for client in clients],
        [client.docker_user for client in clients],
        [client.address for client in clients],
        [client.user_agent for client in clients],
        [after[client][0] for client in clients],
        [after[client][1] for client in clients],
    )
    counted: dict[Client, list[Stored]] = {}
    for row in rows:
        counted.setdefault(clients[row["n"] - 1], []).append(
            Stored(row["id"], _event(row), entry_of(row["effect"]))
        )
    return counted


_EVENT_OF_I = ", ".join(f"i.{column}" for column in _EVENT.split(", "))


async def find_stored(connection: Any, key: Key) -> Stored | None:
    """The event ``key``, or None when it is not kept any more."""
    row = await connection.fetchrow(
        f"SELECT id, effect, {_EVENT} FROM events.inbox WHERE event_id = $1 AND at_ns = $2",  # noqa: S608
        key[1],
        key[0],
    )
    return None if row is None else Stored(row["id"], _event(row), entry_of(row["effect"]))


async def list_waiting(connection: Any) -> list[tuple[int, Client, str]]:
    """Events that wait for the children of what may be an index: (id, client, digest)."""
    rows = await connection.fetch(
        f"SELECT id, {_CLIENT}, digest FROM events.inbox WHERE counted_at IS NULL AND retry_at IS NOT NULL"  # noqa: S608
        " AND (media_type IS NULL OR media_type <> ALL ($1::text[]))",
        list(MANIFEST_TYPES),
    )
    return [
        (
            row["id"],
            Client(row["repository"], row["docker_user"], row["address"], row["user_agent"]),
            row["digest"],
        )
        for row in rows
    ]


async def defer(connection: Any, ids: Sequence[int]) -> None:
    """Put events back for a second, until the children of an index have been looked up."""
    await connection.execute(
        "UPDATE events.inbox SET retry_at = now() + interval '1 second' WHERE id = ANY ($1::bigint[])",
        ids,
    )


async def resume(connection: Any, repositories: Collection[str]) -> None:
    """Let the deferred events of ``repositories`` be counted now."""
    await connection.execute(
        "UPDATE events.inbox SET retry_at = now() WHERE id IN (SELECT id FROM events.inbox WHERE counted_at IS NULL"
        " AND retry_at > now() AND repository = ANY ($1::text[]) ORDER BY id FOR UPDATE SKIP LOCKED)",
        list(repositories),
    )


async def find_lives(connection: Any, repositories: Collection[str]) -> dict[str, int]:
    """Since when (ns) each of ``repositories`` exists under a name that another had before; others are left out."""
    rows = await connection.fetch(
        "SELECT repository, (extract(epoch FROM started_at) * 1000000)::bigint * 1000 AS generation FROM catalog.repository_generations"
        " WHERE repository = ANY ($1::text[])",
        list(repositories),
    )
    return {row["repository"]: row["generation"] for row in rows}


async def write_entries(connection: Any, entries: Sequence[tuple[int, Entry | None]]) -> None:
    """Mark events (by id) as counted, with what they count as."""
    await connection.execute(
        "UPDATE events.inbox i SET counted_at = coalesce(i.counted_at, now()), retry_at = NULL, effect = u.effect"
        " FROM unnest($1::bigint[], $2::jsonb[]) AS u (id, effect) WHERE i.id = u.id",
        [id_ for id_, _ in entries],
        [entry.to_json() if entry else None for _, entry in entries],
    )


async def add_to_hours(connection: Any, changes: Mapping[Row, Change]) -> None:
    """Add ``changes``, in the order given, and tell the catalog by the row's transaction that it changed."""
    rows = list(changes)
    await connection.execute(
        "INSERT INTO events.pull_hours AS h (repository, generation, hour, tag, docker_user, pulls, checks, last_pulled_at)"
        " SELECT * FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],"
        " $8::timestamptz[]) ON CONFLICT (repository, generation, hour, tag, docker_user) DO UPDATE SET"
        " pulls = h.pulls + EXCLUDED.pulls, checks = h.checks + EXCLUDED.checks,"
        " last_pulled_at = greatest(h.last_pulled_at, EXCLUDED.last_pulled_at), xid = pg_current_xact_id()::text::bigint",
        *([row[part] for row in rows] for part in range(5)),
        [change.pulls for change in changes.values()],
        [change.checks for change in changes.values()],
        [
            None if change.last_pull_ns is None else at(change.last_pull_ns)
            for change in changes.values()
        ],
    )


async def correct_last_pulls(connection: Any, changes: Mapping[Row, Change]) -> None:
    """Where the latest pull of a row was taken away, find the one before it among the events that are kept.

    Call it after `add_to_hours`, which holds the rows, and `write_entries`.
    """
    taken = {
        row: change.withdrawn_ns
        for row, change in changes.items()
        if change.withdrawn_ns is not None
    }
    if not taken:
        return
    await connection.execute(
        "UPDATE events.pull_hours h SET last_pulled_at = CASE WHEN h.pulls > 0 THEN coalesce(("
        "SELECT timestamptz 'epoch' + max(i.at_ns) / 1000 * interval '1 microsecond' FROM events.inbox i"
        " WHERE i.repository = h.repository AND i.docker_user = h.docker_user AND i.effect ->> 'pull' = h.tag"
        " AND coalesce((i.effect ->> 'since')::bigint, 0) = h.generation AND i.at_ns >= u.hour_ns AND i.at_ns < u.hour_ns + 3600000000000"
        "), h.last_pulled_at) END"
        " FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::timestamptz[], $7::bigint[])"
        " AS u (repository, generation, hour, tag, docker_user, withdrawn, hour_ns)"
        " WHERE (h.repository, h.generation, h.hour, h.tag, h.docker_user) = (u.repository, u.generation, u.hour, u.tag, u.docker_user)"
        " AND h.last_pulled_at <= u.withdrawn",
        *([row[part] for row in taken] for part in range(5)),
        [at(withdrawn) for withdrawn in taken.values()],
        [int(row.hour.timestamp()) * 1_000_000_000 for row in taken],
    )


async def write_checkpoints(
    connection: Any,
    *,
    drop_from: Mapping[Client, Key],
    drop: Mapping[Client, Key],
    add: Sequence[tuple[Client, Checkpoint]],
) -> None:
    """Delete checkpoints from a key on, and those in ``drop``, then save those in ``add``."""
    starts, singles = list(drop_from.items()), list(drop.items())
    await connection.execute(
        "DELETE FROM events.checkpoints k USING unnest($1::uuid[], $2::bigint[], $3::text[], $4::boolean[])"
        " AS d (client, at_ns, event_id, one) WHERE k.client = d.client"
        " AND CASE WHEN d.one THEN (k.at_ns, k.event_id) = (d.at_ns, d.event_id) ELSE (k.at_ns, k.event_id) >= (d.at_ns, d.event_id) END",
        [client.id for client, _ in starts + singles],
        [key[0] for _, key in starts + singles],
        [key[1] for _, key in starts + singles],
        [False] * len(starts) + [True] * len(singles),
    )
    await connection.execute(
        "INSERT INTO events.checkpoints (client, at_ns, event_id, run, state)"
        " SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::int[], $5::jsonb[])",
        [client.id for client, _ in add],
        [checkpoint.key[0] for _, checkpoint in add],
        [checkpoint.key[1] for _, checkpoint in add],
        [checkpoint.run for _, checkpoint in add],
        [checkpoint.state for _, checkpoint in add],
    )


async def notify_counts(connection: Any) -> None:
    """Wake whoever carries totals on, when the transaction commits."""
    await connection.execute("SELECT pg_notify('moorage_counts', '')")


async def lag_seconds(connection: Any) -> float:
    """The age of the pull event that has waited longest to be counted; 0 when none does."""
    age = await connection.fetchval(
        "SELECT extract(epoch FROM clock_timestamp() - received_at)::float8 FROM events.inbox WHERE counted_at IS NULL ORDER BY id LIMIT 1"
    )
    return max(0.0, float(age or 0.0))


async def remove_first(connection: Any) -> Any:
    """Delete the first event that waits to be counted and nobody holds, and return its row; None when there is none."""
    return await connection.fetchrow(
        "DELETE FROM events.inbox WHERE id = (SELECT id FROM events.inbox WHERE counted_at IS NULL"
        " AND (retry_at IS NULL OR retry_at <= now()) ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING *"
    )


async def add_dead_letter(connection: Any, *, reason: str, raw: bytes, raw_hash: bytes) -> None:
    """Keep ``raw`` aside."""
    await connection.execute(
        "INSERT INTO events.dead_letters (reason, raw, raw_hash) VALUES ($1, $2, $3) ON CONFLICT (raw_hash) DO NOTHING",
        reason,
        raw,
        raw_hash,
    )
