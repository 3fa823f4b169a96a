"""SQL of requests that delete many tags."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.catalog.tables import tags as table

_t = table.c


async def find_digests(tx: Tx, *, repository_id: int, tags: Collection[str]) -> dict[str, str]:
    """Return the digests of those of ``tags`` that exist."""
    statement = sa.select(_t.name, _t.digest).where(
        _t.repository_id == repository_id, _t.name.in_(tags)
    )
    return {row.name: row.digest for row in await tx.execute(statement)}


async def find_siblings(
    tx: Tx, *, repository_id: int, tags: Collection[str], digests: Collection[str]
) -> dict[str, str]:
    """Return the tags on ``digests`` that are not among ``tags``, with their digests."""
    statement = sa.select(_t.name, _t.digest).where(
        _t.repository_id == repository_id, _t.digest.in_(digests), _t.name.not_in(tags)
    )
    return {row.name: row.digest for row in await tx.execute(statement.order_by(_t.name))}


async def find_last_pull(tx: Tx, *, repository_id: int, tags: Collection[str]) -> datetime | None:
    """Return the time of the last pull of any of ``tags``; None: never pulled."""
    statement = sa.select(sa.func.max(_t.last_pulled_at)).where(
        _t.repository_id == repository_id, _t.name.in_(tags)
    )
    found: datetime | None = (await tx.execute(statement)).scalar_one()
    return found
