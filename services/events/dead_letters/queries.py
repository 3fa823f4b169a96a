"""SQL of dead letters."""

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.events.dead_letters.domain import SHOWN_BYTES, DeadLetter
from services.events.tables import dead_letters

_d = dead_letters.c


async def list_dead_letters(tx: Tx, *, before: int | None, limit: int) -> list[DeadLetter]:
    """Dead letters with an id below ``before``, newest first."""
    size, beginning = (
        sa.func.length(_d.raw).label("size"),
        sa.func.substring(_d.raw, 1, SHOWN_BYTES).label("beginning"),
    )
    statement = (
        sa.select(_d.id, _d.received_at, _d.reason, size, beginning)
        .order_by(_d.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(_d.id < before)
    return [DeadLetter(*row) for row in await tx.execute(statement)]


async def lock_raw(tx: Tx, *, dead_letter_id: int) -> bytes | None:
    """The bytes of a dead letter, held against others until the transaction ends; None when there is none."""
    statement = sa.select(_d.raw).where(_d.id == dead_letter_id).with_for_update()
    raw: bytes | None = (await tx.execute(statement)).scalar_one_or_none()
    return raw


async def delete_dead_letter(tx: Tx, *, dead_letter_id: int) -> None:
    """Remove a dead letter."""
    await tx.execute(sa.delete(dead_letters).where(_d.id == dead_letter_id))


async def notify_feed(tx: Tx) -> None:
    """Tell the catalog, when the transaction commits, that the feed has something new. The counting worker looks by itself."""
    await tx.execute(sa.select(sa.func.pg_notify("moorage_feed", "")))
