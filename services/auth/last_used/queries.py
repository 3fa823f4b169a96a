"""When and from where API keys and tokens were last used, written for many at once."""

import uuid
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.sql.selectable import TableValuedAlias

from libs.common.db.engine import Tx

Uses = Mapping[uuid.UUID, tuple[datetime, str]]
"""By id of the key or token: when, and from which client address."""


def rows_of(uses: Uses) -> TableValuedAlias:
    """``uses`` as rows (id, at, address) of a statement, in the order of their ids so that two writers never wait for each other."""
    ids = sorted(uses)
    return (
        sa.func.unnest(
            sa.cast(ids, sa.ARRAY(sa.Uuid)),
            sa.cast([uses[id][0] for id in ids], sa.ARRAY(sa.TIMESTAMP(timezone=True))),
            sa.cast([uses[id][1] for id in ids], sa.ARRAY(sa.Text)),
        )
        .table_valued("id", "at", "address", name="used")
        .render_derived()
    )


async def touch(tx: Tx, table: sa.Table, *, uses: Uses) -> None:
    """Write ``uses`` into ``table``; an older use never replaces a newer."""
    used, t = rows_of(uses), table.c
    newer = sa.or_(t.last_used_at.is_(None), t.last_used_at < used.c.at)
    await tx.execute(
        table.update()
        .where(t.id == used.c.id, newer)
        .values(last_used_at=used.c.at, last_used_from=used.c.address)
    )
