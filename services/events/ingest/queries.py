"""SQL of the inbox: one statement per delivery, however many events it has."""

from collections.abc import Sequence
from typing import Any

from services.events.ingest.domain import Event, Refused

_INSERT = """
INSERT INTO events.inbox (event_id, at_ns, action, method, request_id, repository, tag, digest, media_type,
                          docker_user, address, user_agent, counted_at)"""

# Only pulls wait for the counting worker; the catalog reads pushes and deletes from the feed.
_STORE_MANY = f"""{_INSERT}
SELECT e.*, CASE WHEN e.action <> 'pull' THEN now() END
FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::text[], $11::text[], $12::text[])
     AS e (event_id, at_ns, action, method, request_id, repository, tag, digest, media_type, docker_user, address, user_agent)
ON CONFLICT (event_id, at_ns) DO NOTHING
"""  # noqa: S608

# What Distribution delivers: one event at a time. Without arrays it takes a fifth less.
_STORE_ONE = f"""{_INSERT}
VALUES ($1, $2, $3::text, $4, $5, $6, $7, $8, $9, $10, $11, $12, CASE WHEN $3::text <> 'pull' THEN now() END)
ON CONFLICT (event_id, at_ns) DO NOTHING
"""

_SET_ASIDE = """
INSERT INTO events.dead_letters (reason, raw, raw_hash)
SELECT * FROM unnest($1::text[], $2::bytea[], $3::bytea[])
ON CONFLICT (raw_hash) DO NOTHING
"""


async def store_events(connection: Any, events: Sequence[Event]) -> int:
    """Insert ``events`` over an asyncpg ``connection``; those that are there already change nothing. Returns how many were new."""
    if not events:
        return 0
    rows = [
        (e.event_id, e.at_ns, e.action, e.method, e.request_id, e.repository, e.tag, e.digest, e.media_type,
         e.docker_user, e.address, e.user_agent)
        for e in events
    ]  # fmt: skip
    if len(rows) == 1:
        tag: str = await connection.execute(_STORE_ONE, *rows[0])
    else:
        tag = await connection.execute(
            _STORE_MANY, *(list(column) for column in zip(*rows, strict=True))
        )
    return int(tag.rpartition(" ")[2])


async def store_refused(
    connection: Any, refused: Sequence[Refused], hashes: Sequence[bytes]
) -> int:
    """Keep ``refused`` as dead letters, each once; ``hashes`` tell them apart. Returns how many were new."""
    tag: str = await connection.execute(
        _SET_ASIDE, [r.reason for r in refused], [r.raw for r in refused], list(hashes)
    )
    return int(tag.rpartition(" ")[2])
