"""SQL of holds."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.catalog.gc.holds.domain import Hold
from services.catalog.tables import garbage_state, storage_holds

_h = storage_holds.c
_CLOCK = sa.func.clock_timestamp()
_IS_VALID = _h.expires_at > _CLOCK


async def take_hold(tx: Tx, *, reason: str, lifetime: timedelta) -> Hold:
    """Insert a hold. No sweep claims a blob from the commit until the hold expires.

    The lock waits for the claims that are open. What they have claimed, no manifest needs. Expired
    holds are removed.
    """
    await tx.execute(sa.select(garbage_state.c.id).with_for_update())
    await tx.execute(sa.delete(storage_holds).where(~_IS_VALID))
    statement = (
        sa.insert(storage_holds)
        .values(reason=reason, expires_at=_CLOCK + lifetime)
        .returning(storage_holds)
    )
    return _hold((await tx.execute(statement)).one())


async def renew_hold(tx: Tx, *, id: int, lifetime: timedelta) -> bool:
    """Let a hold expire ``lifetime`` from now. Return False if it has expired or is gone."""
    statement = (
        sa.update(storage_holds)
        .where(_h.id == id, _IS_VALID)
        .values(expires_at=_CLOCK + lifetime)
        .returning(_h.id)
    )
    return (await tx.execute(statement)).scalar_one_or_none() is not None


async def release_hold(tx: Tx, *, id: int) -> bool:
    """Remove a hold. Return False if it does not exist."""
    statement = sa.delete(storage_holds).where(_h.id == id).returning(_h.id)
    return (await tx.execute(statement)).scalar_one_or_none() is not None


async def list_holds(tx: Tx) -> list[Hold]:
    """Return the valid holds, the last to expire first."""
    statement = sa.select(storage_holds).where(_IS_VALID).order_by(_h.expires_at.desc(), _h.id)
    return [_hold(row) for row in (await tx.execute(statement)).all()]


def _hold(row: Any) -> Hold:
    return Hold(row.id, row.reason, row.begun_at, row.expires_at)
