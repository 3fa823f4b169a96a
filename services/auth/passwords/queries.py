"""SQL of the login throttle."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from libs.common.db.engine import Tx
from services.auth.tables import login_throttle

_t = login_throttle.c


async def reserve_attempt(
    tx: Tx, *, kind: str, username: str, source: str, limit: int, window_seconds: int
) -> bool:
    """Count an attempt as failed; return False, and count nothing, if ``limit`` have failed.

    The count happens before the password is checked, so that parallel guesses cannot exceed the
    limit.
    """
    ends = sa.func.now() + sa.func.make_interval(0, 0, 0, 0, 0, 0, window_seconds)
    over = _t.window_ends_at <= sa.func.now()
    statement = insert(login_throttle).values(
        kind=kind, username=username, client_address=source, failures=1, window_ends_at=ends
    )
    statement = statement.on_conflict_do_update(
        index_elements=[_t.kind, _t.username, _t.client_address],
        set_={
            "failures": sa.case((over, 1), else_=_t.failures + 1),
            "window_ends_at": sa.case((over, ends), else_=_t.window_ends_at),
        },
        where=sa.or_(over, _t.failures < limit),
    )
    return (await tx.execute(statement.returning(_t.failures))).one_or_none() is not None


async def is_at_limit(tx: Tx, *, kind: str, username: str, source: str, limit: int) -> bool:
    """Return whether ``limit`` attempts have failed in the current window."""
    statement = sa.select(
        sa.exists().where(
            *_key(kind, username, source), _t.window_ends_at > sa.func.now(), _t.failures >= limit
        )
    )
    return bool((await tx.execute(statement)).scalar_one())


async def find_seconds_left(tx: Tx, *, kind: str, username: str, source: str) -> float | None:
    """Return the seconds until the window ends, or None if there are no failed attempts."""
    left = sa.extract("epoch", _t.window_ends_at - sa.func.now())
    row = (await tx.execute(sa.select(left).where(*_key(kind, username, source)))).one_or_none()
    return None if row is None else float(row[0])


async def delete_attempts(tx: Tx, *, kind: str, username: str, source: str) -> None:
    """Delete the failed attempts, because the right password has followed."""
    await tx.execute(login_throttle.delete().where(*_key(kind, username, source)))


async def release_attempt(tx: Tx, *, kind: str, username: str, source: str) -> None:
    """Undo the count of one attempt."""
    await tx.execute(
        login_throttle.update()
        .where(*_key(kind, username, source))
        .values(failures=_t.failures - 1)
    )


async def delete_ended(tx: Tx) -> None:
    """Delete failed attempts whose window is over."""
    await tx.execute(login_throttle.delete().where(_t.window_ends_at < sa.func.now()))


def _key(kind: str, username: str, source: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (_t.kind == kind, _t.username == username, _t.client_address == source)
