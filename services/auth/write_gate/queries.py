"""SQL of the write gate."""

import time

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.auth.views import paused_writes
from services.auth.write_gate.domain import Pause


async def find_pause(tx: Tx) -> Pause | None:
    """Return the current pause, by the database's clock."""
    asked_at = time.monotonic()  # before the query, so that the pause never seems to last longer
    row = (await tx.execute(sa.select(paused_writes))).one_or_none()
    if row is None:
        return None
    return Pause(
        all_writes=row.phase == "all_writes",
        active_uploads=frozenset(row.active_uploads),
        started_at=row.started_at.timestamp(),
        ends_at=asked_at + row.seconds,
    )
