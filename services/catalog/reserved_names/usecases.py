"""Names of deleted objects stay taken until the tokens that name them have expired (spec 2.9)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import sqlalchemy as sa
from fastapi import Depends, Request
from sqlalchemy.dialects.postgresql import insert

from libs.common.db.engine import Tx
from libs.common.web.errors import Conflict
from libs.common.web.provided import provided
from services.catalog.settings import Settings
from services.catalog.tables import deletions, reserved_names

_SOON = timedelta(seconds=2)
Kind = Literal["namespace", "repository", "docker_user"]


class NameReserved(Conflict):
    """The name was in use a short while ago; ``available_at`` says when it is free."""

    code, title = "name_reserved", "The name was in use until a short while ago"

    def __init__(self, name: str, available_at: datetime, now: datetime) -> None:
        at = available_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        seconds = max(1, -int((now - available_at).total_seconds() // 1))
        super().__init__(
            f"The name {name!r} cannot be taken before {at}",
            headers={"Retry-After": str(seconds)},
            extra={"available_at": at},
        )


async def reserve(tx: Tx, *, kind: Kind, name: str, seconds: int) -> None:
    """Keep ``name`` from being taken for ``seconds`` from now."""
    await reserve_all(tx, kind=kind, names=[name], seconds=seconds)


async def reserve_all(tx: Tx, *, kind: Kind, names: Sequence[str], seconds: int) -> None:
    """As ``reserve``, for many."""
    until = sa.func.now() + timedelta(seconds=seconds)
    for start in range(0, len(names), 1000):
        values = [
            {"kind": kind, "name": name, "available_at": until}
            for name in names[start : start + 1000]
        ]
        statement = insert(reserved_names).values(values)
        changed = {"available_at": statement.excluded.available_at}
        await tx.execute(
            statement.on_conflict_do_update(index_elements=["kind", "name"], set_=changed)
        )


async def refuse_reserved(tx: Tx, *, kind: Kind, name: str) -> None:
    """Raise NameReserved while ``name`` is kept.

    Call it after the insert of the new object: a deletion that the insert waited for is then seen.
    """
    r, d, now = reserved_names.c, deletions.c, sa.func.clock_timestamp()
    kept_until = sa.select(r.available_at).where(r.kind == kind, r.name == name).scalar_subquery()
    is_deleting = sa.exists().where(d.kind == kind, d.name == name)
    row = (
        await tx.execute(
            sa.select(
                kept_until.label("available_at"), is_deleting.label("is_deleting"), now.label("now")
            )
        )
    ).one()
    # A row that has run out stays: since its time the name has a new life, which pull counts must know (catalog.repository_generations).
    if row.available_at is not None and row.available_at > row.now:
        raise NameReserved(name, row.available_at, row.now)
    if row.is_deleting:  # the deletion has not ended, or the registry must be looked at once more
        raise NameReserved(name, row.now + _SOON, row.now)


def _reserved_seconds(request: Request) -> int:
    return provided(Settings)(request).name_reservation_seconds


ReservedSeconds = Annotated[int, Depends(_reserved_seconds)]
"""A route's parameter: how long the name of what it deletes stays taken."""
