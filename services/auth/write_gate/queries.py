"""SQL: the pause that is on now."""

import time

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.auth.views import paused_writes
from services.auth.write_gate.domain import Pause


async def find_pause(tx: Tx) -> Pause | None:
    """The pause that has not ended, by the database's clock."""
    asked_at = (
        time.monotonic()
    )  # before, so that it never seems to last longer than it does by more than the way there
    row = (await tx.execute(sa.select(paused_writes))).one_or_none()
    if row is None:
        return None
    return Pause(
        row.phase == "all_writes",
        frozenset(row.active_uploads),
        row.started_at.timestamp(),
        asked_at + row.seconds,
    )
