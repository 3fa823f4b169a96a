"""Stores deliveries of the registry. A delivery is durable before it is acknowledged."""

import asyncio

from prometheus_client import Counter

from libs.common.db.engine import is_unreachable
from libs.common.db.pool import DATABASE_ERRORS, INVALID_DATA_ERRORS, Pool
from libs.common.web.errors import DatabaseUnavailable
from services.events.ingest import queries
from services.events.ingest.domain import Envelope, Event, Rejected, parse_envelope

DEADLINE_SECONDS = 0.8
"""The time in which a delivery must be stored, or is answered 503."""

# If the database restarted, a pooled connection is dead and the second attempt opens a new one.
_ATTEMPTS = 2

RECEIVED = Counter(
    "moorage_events_received_total", "Events that were stored now or by an earlier delivery"
)
DUPLICATES = Counter(
    "moorage_events_duplicate_total", "Events that an earlier delivery had stored already"
)
IGNORED = Counter(
    "moorage_events_ignored_total",
    "Events without any effect: of blobs, mounts, and pulls by Moorage's own services",
)
DEAD_LETTERED = Counter(
    "moorage_events_dead_letters_total",
    "Deliveries and events that were dead-lettered because they cannot be interpreted",
)
UNAVAILABLE = Counter(
    "moorage_events_unavailable_total", "Deliveries answered 503, which the registry retries"
)


async def receive(*, pool: Pool, raw: bytes) -> tuple[Event, ...]:
    """Store one delivery and return its events that have an effect.

    Parts that cannot be interpreted are dead-lettered, and so is a delivery whose values
    PostgreSQL refuses. Raises DatabaseUnavailable within a second if the delivery is not durable.
    """
    envelope = parse_envelope(raw)
    events = tuple(event for event in envelope.events if event.has_effect)
    IGNORED.inc(len(envelope.events) - len(events))
    try:
        await _store(pool, Envelope(events, envelope.rejected))
    except INVALID_DATA_ERRORS as error:
        reason = f"the database refused it: {type(error).__name__}"
        await dead_letter(pool=pool, rejected=Rejected(reason, raw))
        return ()
    return events


async def dead_letter(*, pool: Pool, rejected: Rejected) -> None:
    """Store a delivery that cannot be interpreted. Raises DatabaseUnavailable."""
    await _store(pool, Envelope((), (rejected,)))


async def _store(pool: Pool, envelope: Envelope) -> None:
    if not envelope.events and not envelope.rejected:
        return
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await _store_with_retry(pool, envelope)
    except INVALID_DATA_ERRORS:
        raise  # a retry fails again
    except DATABASE_ERRORS as error:
        UNAVAILABLE.inc()
        raise DatabaseUnavailable from error


async def _store_with_retry(pool: Pool, envelope: Envelope) -> None:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            async with pool.connection() as connection:
                if envelope.rejected:
                    DEAD_LETTERED.inc(
                        await queries.store_dead_letters(connection, envelope.rejected)
                    )
                if envelope.events:
                    stored = await queries.store_events(connection, envelope.events)
                    RECEIVED.inc(len(envelope.events))
                    DUPLICATES.inc(len(envelope.events) - stored)
            return
        except Exception as error:
            if attempt == _ATTEMPTS or not is_unreachable(error):
                raise
