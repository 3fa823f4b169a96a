"""SQL of the inbox: one statement per delivery, in arrays, so that a list of events costs what one does."""

from collections.abc import Sequence
from typing import Any

from services.events.ingest.domain import Event, Refused

# Only pulls wait for the counting worker; the catalog reads pushes and deletes from the feed.
_STORE = """
INSERT INTO events.inbox (event_id, at_ns, action, method, request_id, repository, tag, digest, media_type,
                          docker_user, address, user_agent, counted_at)
SELECT e.*, CASE WHEN e.action <> 'pull' THEN now() END
FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::text[], $11::text[], $12::text[])
     AS e (event_id, at_ns, action, method, request_id, repository, tag, digest, media_type, docker_user, address, user_agent)
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
    columns = zip(*((e.event_id, e.at_ns, e.action, e.method, e.request_id, e.repository, e.tag, e.digest, e.media_type,
                     e.docker_user, e.address, e.user_agent) for e in events), strict=True)  # fmt: skip
    tag: str = await connection.execute(_STORE, *(list(column) for column in columns))
    return int(tag.rpartition(" ")[2])


async def store_refused(connection: Any, refused: Sequence[Refused], hashes: Sequence[bytes]) -> int:
    """Keep ``refused`` as dead letters, each once; ``hashes`` tell them apart. Returns how many were new."""
    tag: str = await connection.execute(_SET_ASIDE, [r.reason for r in refused], [r.raw for r in refused], list(hashes))
    return int(tag.rpartition(" ")[2])
