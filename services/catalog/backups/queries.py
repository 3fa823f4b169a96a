"""SQL of successful backups."""

from datetime import datetime

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.catalog.tables import backups

_KEPT = 100
_b = backups.c


async def record(tx: Tx, *, begun_at: datetime) -> None:
    """Record that a backup that began at ``begun_at`` has succeeded. Forget very old ones."""
    await tx.execute(sa.insert(backups).values(begun_at=begun_at))
    oldest = sa.select(_b.id).order_by(_b.id.desc()).offset(_KEPT).limit(1).scalar_subquery()
    await tx.execute(sa.delete(backups).where(_b.id <= oldest))


async def find_newest(tx: Tx) -> datetime | None:
    """Return the beginning of the newest backup: it contains nothing that was written later."""
    found: datetime | None = (await tx.execute(sa.select(sa.func.max(_b.begun_at)))).scalar_one()
    return found
