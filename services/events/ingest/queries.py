"""SQL of the inbox and the dead letters: one statement for each delivery.

The functions use asyncpg directly. The registry delivers one event after the other, so every tenth
of a millisecond limits its rate.
"""

from collections.abc import Sequence

from libs.common.db.pool import Connection, affected_rows
from services.events.ingest.domain import Event, Rejected

_COLUMNS = (
    "event_id",
    "at_ns",
    "action",
    "method",
    "request_id",
    "repository",
    "tag",
    "digest",
    "media_type",
    "docker_user",
    "address",
    "user_agent",
)
_COLUMN_LIST = ", ".join(_COLUMNS)

# Only pulls wait for a counting worker. The catalog reads pushes and deletions from the feed.
_INSERT_MANY = f"""
INSERT INTO events.inbox ({_COLUMN_LIST}, counted_at)
SELECT e.*, CASE WHEN e.action <> 'pull' THEN now() END
FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
            $8::text[], $9::text[], $10::text[], $11::text[], $12::text[]) AS e ({_COLUMN_LIST})
ON CONFLICT (event_id, at_ns) DO NOTHING
"""  # noqa: S608

# Distribution delivers one event at a time. Without arrays the statement is a fifth faster.
_INSERT_ONE = f"""
INSERT INTO events.inbox ({_COLUMN_LIST}, counted_at)
VALUES ($1, $2, $3::text, $4, $5, $6, $7, $8, $9, $10, $11, $12,
        CASE WHEN $3::text <> 'pull' THEN now() END)
ON CONFLICT (event_id, at_ns) DO NOTHING
"""  # noqa: S608

_INSERT_DEAD_LETTERS = """
INSERT INTO events.dead_letters (reason, raw, raw_hash)
SELECT * FROM unnest($1::text[], $2::bytea[], $3::bytea[])
ON CONFLICT (raw_hash) DO NOTHING
"""


async def store_events(connection: Connection, events: Sequence[Event]) -> int:
    """Insert the events that the inbox does not have yet; return their number."""
    if not events:
        return 0
    rows = [tuple(getattr(event, column) for column in _COLUMNS) for event in events]
    if len(rows) == 1:
        return affected_rows(await connection.execute(_INSERT_ONE, *rows[0]))
    columns = (list(column) for column in zip(*rows, strict=True))
    return affected_rows(await connection.execute(_INSERT_MANY, *columns))


async def store_dead_letters(connection: Connection, rejected: Sequence[Rejected]) -> int:
    """Insert the dead letters that are not stored yet; return their number."""
    tag = await connection.execute(
        _INSERT_DEAD_LETTERS,
        [item.reason for item in rejected],
        [item.raw for item in rejected],
        [item.hash for item in rejected],
    )
    return affected_rows(tag)
