"""SQL of the pipeline's status."""

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.events.status.domain import Status
from services.events.tables import dead_letters, inbox


async def get_status(tx: Tx) -> Status:
    """How far counting is, now."""
    waiting = inbox.c.counted_at.is_(None)
    pending = sa.select(sa.func.count()).select_from(inbox).where(waiting).scalar_subquery()
    first = (
        sa.select(inbox.c.received_at)
        .where(waiting)
        .order_by(inbox.c.id)
        .limit(1)
        .scalar_subquery()
    )
    last = sa.select(inbox.c.received_at).order_by(inbox.c.id.desc()).limit(1).scalar_subquery()
    refused = sa.select(sa.func.count()).select_from(dead_letters).scalar_subquery()
    lag = sa.func.coalesce(sa.extract("epoch", sa.func.clock_timestamp() - first), 0)
    row = (await tx.execute(sa.select(pending, lag, last, refused))).one()
    return Status(row[0], max(0.0, float(row[1])), row[2], row[3])
