"""SQL of dead letters."""

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.events.dead_letters.domain import SHOWN_BYTES, DeadLetter
from services.events.tables import dead_letters

_columns = dead_letters.c


async def list_dead_letters(tx: Tx, *, before: int | None, limit: int) -> list[DeadLetter]:
    """Return up to ``limit`` dead letters with an id below ``before``, the newest first."""
    statement = (
        sa.select(
            _columns.id,
            _columns.received_at,
            _columns.reason,
            sa.func.length(_columns.raw),
            sa.func.substring(_columns.raw, 1, SHOWN_BYTES),
        )
        .order_by(_columns.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(_columns.id < before)
    return [DeadLetter(*row) for row in await tx.execute(statement)]


async def lock_dead_letter(tx: Tx, *, dead_letter_id: int) -> bytes | None:
    """Lock a dead letter until the transaction ends. Returns its bytes, None if there is none."""
    statement = sa.select(_columns.raw).where(_columns.id == dead_letter_id).with_for_update()
    raw: bytes | None = (await tx.execute(statement)).scalar_one_or_none()
    return raw


async def delete_dead_letter(tx: Tx, *, dead_letter_id: int) -> None:
    """Delete a dead letter."""
    await tx.execute(sa.delete(dead_letters).where(_columns.id == dead_letter_id))
