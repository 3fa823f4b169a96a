"""Look at dead letters, and take one in after all."""

from libs.common.db import audit
from libs.common.db.engine import Tx
from libs.common.db.pagination import InvalidCursor, Page, PageRequest, encode_cursor
from libs.common.security.principals import Principal
from libs.common.web.errors import NotFound
from services.events.dead_letters import queries
from services.events.dead_letters.domain import DeadLetter, read_again, refusal
from services.events.ingest import queries as inbox
from services.events.ingest.domain import Event
from services.events.tables import audit_entries

SORT = "-id"


async def list_dead_letters(*, tx: Tx, page: PageRequest) -> Page[DeadLetter]:
    """One page of dead letters, newest first. Raises InvalidCursor."""
    key = page.after(SORT, 1)
    rows = await queries.list_dead_letters(
        tx, before=None if key is None else _id(key[0]), limit=page.limit + 1
    )
    more = len(rows) > page.limit
    cursor = encode_cursor(SORT, (rows[page.limit - 1].id,)) if more else None
    return Page(rows[: page.limit], cursor)


def _id(part: object) -> int:
    if not isinstance(part, int):
        raise InvalidCursor
    return part


async def replay_dead_letter(*, tx: Tx, actor: Principal, dead_letter_id: int) -> tuple[Event, ...]:
    """Store the events of a dead letter as if they were delivered now, and remove it. Returns what was stored.

    Raises NotFound, or NotReplayable when any of it is still not understood: then nothing changes.
    """
    raw = await queries.lock_raw(tx, dead_letter_id=dead_letter_id)
    if raw is None:
        raise NotFound(f"There is no dead letter {dead_letter_id}")
    envelope = read_again(raw)
    if envelope.refused:
        raise refusal(envelope.refused)
    events = tuple(event for event in envelope.events if event.matters)
    if events:
        connection = (await tx.get_raw_connection()).driver_connection
        await inbox.store_events(connection, events)
        await queries.notify_feed(tx)
    await queries.delete_dead_letter(tx, dead_letter_id=dead_letter_id)
    target = f"events/dead-letters/{dead_letter_id}"
    entry = audit.AuditEntry(
        "dead_letter.replay", target, actor.account_id, actor.username, actor.client_address
    )
    await audit.append(tx, audit_entries, entry)
    return events
