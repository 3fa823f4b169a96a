"""Take one delivery of the registry: durable before it is acknowledged, and nothing else."""

import asyncio
import hashlib

import asyncpg

from libs.common.db.engine import is_unreachable
from libs.common.db.pool import Pool
from libs.common.web.errors import DatabaseUnavailable
from services.events import metrics
from services.events.ingest import queries
from services.events.ingest.domain import Envelope, Event, Refused, parse_envelope

DEADLINE_SECONDS = 0.8
_ATTEMPTS = 2  # a pooled connection may turn out to be dead: a database that restarted is there again for the second

# Refused because of what it says (22, 23: data; 54: a limit), so that trying again would never end.
_POISON = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
)


async def receive(pool: Pool, raw: bytes) -> tuple[Event, ...]:
    """Store what ``raw`` holds and return the events that were stored, or had been.

    Raises DatabaseUnavailable within a second when it could not be made durable.
    """
    envelope = parse_envelope(raw)
    events = tuple(event for event in envelope.events if event.matters)
    metrics.ignored.inc(len(envelope.events) - len(events))
    try:
        await _store(pool, Envelope(events, envelope.refused))
    except _POISON as error:
        await set_aside(
            pool,
            Refused(f"the database refused it: {type(error).__name__}", raw),
            hashlib.sha256(raw).digest(),
        )
        return ()
    return events


async def set_aside(pool: Pool, refused: Refused, digest: bytes) -> None:
    """Keep something that is no delivery as a dead letter; ``digest`` is the SHA-256 of all of it. Raises DatabaseUnavailable."""
    await _store(pool, Envelope((), (refused,)), [digest])


async def _store(pool: Pool, envelope: Envelope, hashes: list[bytes] | None = None) -> None:
    if not envelope.events and not envelope.refused:
        return
    hashes = hashes or [hashlib.sha256(refused.raw).digest() for refused in envelope.refused]
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await _store_now(pool, envelope, hashes)
    except _POISON:
        raise
    except (
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,
        OSError,
        TimeoutError,
    ) as error:
        metrics.unavailable.inc()
        raise DatabaseUnavailable from error


async def _store_now(pool: Pool, envelope: Envelope, hashes: list[bytes]) -> None:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            async with pool.connection() as connection:
                if envelope.refused:
                    metrics.refused.inc(
                        await queries.store_refused(connection, envelope.refused, hashes)
                    )
                if envelope.events:
                    new = await queries.store_events(connection, envelope.events)
                    metrics.received.inc(len(envelope.events))
                    metrics.duplicates.inc(len(envelope.events) - new)
            return
        except Exception as error:
            if attempt == _ATTEMPTS or not is_unreachable(error):
                raise
