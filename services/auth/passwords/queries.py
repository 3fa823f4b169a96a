"""All SQL of logins: the throttle and the time of the last one."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from libs.common.db.engine import Tx
from services.auth.tables import last_logins, login_throttle

_t = login_throttle.c


async def reserve_attempt(
    tx: Tx, *, kind: str, username: str, source: str, limit: int, window_seconds: int
) -> bool:
    """Count an attempt as failed before its password is looked at, so that parallel guesses cannot slip through.

    False when ``limit`` attempts have failed in the window, which then counts no further.
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


async def find_seconds_left(tx: Tx, *, kind: str, username: str, source: str) -> float | None:
    """Seconds until the failed attempts are forgotten."""
    left = sa.extract("epoch", _t.window_ends_at - sa.func.now())
    row = (await tx.execute(sa.select(left).where(*_key(kind, username, source)))).one_or_none()
    return None if row is None else float(row[0])


async def forget_attempts(tx: Tx, *, kind: str, username: str, source: str) -> None:
    """A right password clears the failures before it."""
    await tx.execute(login_throttle.delete().where(*_key(kind, username, source)))


async def release_attempt(tx: Tx, *, kind: str, username: str, source: str) -> None:
    """Take back a reserved attempt whose password was never looked at."""
    await tx.execute(
        login_throttle.update()
        .where(*_key(kind, username, source))
        .values(failures=_t.failures - 1)
    )


def _key(kind: str, username: str, source: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (_t.kind == kind, _t.username == username, _t.client_address == source)


async def delete_ended(tx: Tx) -> None:
    """Forget failures whose window is over."""
    await tx.execute(login_throttle.delete().where(_t.window_ends_at < sa.func.now()))


async def put_last_logins(tx: Tx, *, logins: Mapping[int, datetime]) -> None:
    """Write when Docker users (by id) last signed in; an older time never replaces a newer."""
    rows = [{"docker_user_id": id, "last_login_at": logins[id]} for id in sorted(logins)]
    statement = insert(last_logins).values(rows)
    newer = sa.func.greatest(last_logins.c.last_login_at, statement.excluded.last_login_at)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["docker_user_id"], set_={"last_login_at": newer}
        )
    )
