"""Lists dead letters, and replays one."""

from libs.common.db import audit
from libs.common.db.engine import Tx
from libs.common.db.pagination import InvalidCursor, Page, PageRequest, encode_cursor
from libs.common.db.pool import connection_of
from libs.common.security.principals import Principal
from libs.common.web.errors import NotFound
from services.events.dead_letters import queries
from services.events.dead_letters.domain import DeadLetter, events_of
from services.events.feed import queries as feed
from services.events.ingest import queries as inbox
from services.events.tables import audit_entries

_SORT = "-id"


async def list_dead_letters(*, tx: Tx, page: PageRequest) -> Page[DeadLetter]:
    """Return one page of dead letters, the newest first. Raises InvalidCursor."""
    key = page.after(_SORT, 1)
    before = None if key is None else _id(key[0])
    letters = await queries.list_dead_letters(tx, before=before, limit=page.limit + 1)
    more = len(letters) > page.limit
    cursor = encode_cursor(_SORT, (letters[page.limit - 1].id,)) if more else None
    return Page(letters[: page.limit], cursor)


async def replay_dead_letter(*, tx: Tx, actor: Principal, dead_letter_id: int) -> int:
    """Store the events of a dead letter as if they were delivered now, and delete the letter.

    Returns the number of events that have an effect. Raises NotFound, or NotReplayable if any part
    still cannot be interpreted.
    """
    raw = await queries.lock_dead_letter(tx, dead_letter_id=dead_letter_id)
    if raw is None:
        raise NotFound(f"There is no dead letter {dead_letter_id}.")
    events = [event for event in events_of(raw) if event.has_effect]
    if events:
        connection = await connection_of(tx)
        await inbox.store_events(connection, events)
        # The counting workers need no notification: they poll the inbox.
        await feed.notify_catalog(connection)
    await queries.delete_dead_letter(tx, dead_letter_id=dead_letter_id)
    entry = audit.entry_by(
        actor,
        action="dead_letter.replay",
        target=f"events/dead-letters/{dead_letter_id}",
        owner_id=None,
    )
    await audit.append(tx, audit_entries, entry)
    return len(events)


def _id(part: object) -> int:
    if not isinstance(part, int):
        raise InvalidCursor
    return part
