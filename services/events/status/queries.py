"""SQL of the pipeline's status."""

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.events.status.domain import Status
from services.events.tables import dead_letters, inbox


async def get_status(tx: Tx) -> Status:
    """Return the state of the pipeline now."""
    uncounted = inbox.c.counted_at.is_(None)
    pending = sa.select(sa.func.count()).select_from(inbox).where(uncounted).scalar_subquery()
    received_at = sa.select(inbox.c.received_at).limit(1)
    oldest = received_at.where(uncounted).order_by(inbox.c.id).scalar_subquery()
    newest = received_at.order_by(inbox.c.id.desc()).scalar_subquery()
    letters = sa.select(sa.func.count()).select_from(dead_letters).scalar_subquery()
    lag = sa.func.coalesce(sa.extract("epoch", sa.func.clock_timestamp() - oldest), 0)
    row = (await tx.execute(sa.select(pending, lag, newest, letters))).one()
    return Status(row[0], round(max(0.0, float(row[1])), 3), row[2], row[3])
