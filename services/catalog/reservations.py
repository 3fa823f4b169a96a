"""Names of deleted objects stay taken until the tokens that name them have expired (spec 2.9)."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import sqlalchemy as sa
from fastapi import Depends, Request
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.errors import Conflict
from services.catalog.tables import reserved_names

Kind = Literal["namespace", "repository", "docker_user"]


class NameReserved(Conflict):
    """The name was in use a short while ago; ``available_at`` says when it is free."""

    code, title = "name_reserved", "The name was in use until a short while ago"

    def __init__(self, name: str, available_at: datetime, now: datetime) -> None:
        at = available_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        seconds = max(1, -int((now - available_at).total_seconds() // 1))
        super().__init__(
            f"The name {name!r} cannot be taken before {at}", headers={"Retry-After": str(seconds)}, extra={"available_at": at}
        )


async def reserve(tx: AsyncConnection, *, kind: Kind, name: str, seconds: int) -> None:
    """Keep ``name`` from being taken for ``seconds`` from now."""
    if seconds == 0:
        return
    values = {"kind": kind, "name": name, "available_at": sa.func.now() + timedelta(seconds=seconds)}
    await tx.execute(insert(reserved_names).values(values).on_conflict_do_update(index_elements=["kind", "name"], set_=values))


async def refuse_reserved(tx: AsyncConnection, *, kind: Kind, name: str) -> None:
    """Raise NameReserved while ``name`` is kept.

    Call it after the insert of the new object: a deletion that the insert waited for is then seen.
    """
    r = reserved_names.c
    statement = sa.select(r.available_at, sa.func.clock_timestamp().label("now")).where(r.kind == kind, r.name == name)
    row = (await tx.execute(statement)).one_or_none()
    # A row that has run out stays: since its time the name has a new life, which pull counts must know (catalog.repository_lives).
    if row is not None and row.available_at > row.now:
        raise NameReserved(name, row.available_at, row.now)


def _reserved_seconds(request: Request) -> int:
    seconds: int = request.app.state.settings.name_reservation_seconds
    return seconds


ReservedSeconds = Annotated[int, Depends(_reserved_seconds)]
"""A route's parameter: how long the name of what it deletes stays taken."""
