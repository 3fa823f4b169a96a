"""SQL of reserved names."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from libs.common.db.engine import Tx
from services.catalog.reserved_names.domain import RESERVATION_AGE, Kind, NameStatus
from services.catalog.tables import deletions, reserved_names, trash


async def upsert_reserved_names(tx: Tx, *, kind: Kind, names: Sequence[str], seconds: int) -> None:
    """Reserve ``names`` until ``seconds`` from now."""
    until = sa.func.now() + timedelta(seconds=seconds)
    values = [{"kind": kind, "name": name, "available_at": until} for name in names]
    statement = insert(reserved_names).values(values)
    changed = {"available_at": statement.excluded.available_at}
    await tx.execute(statement.on_conflict_do_update(index_elements=["kind", "name"], set_=changed))


async def get_name_status(tx: Tx, *, kind: Kind, name: str, account_id: int | None) -> NameStatus:
    """Return whether ``name`` is reserved or an object of that name is being deleted.

    The trash of another account reserves the name of a namespace.

    An expired reservation keeps its row for a while: it starts a new generation of the name, and
    pulls are counted per generation (``catalog.repository_generations``).
    """
    r, d = reserved_names.c, deletions.c
    until: sa.ColumnElement[Any] = (
        sa.select(r.available_at).where(r.kind == kind, r.name == name).scalar_subquery()
    )
    if kind == "namespace":
        t = trash.c
        in_trash = (
            sa.select(sa.func.max(t.expires_at))
            .where(
                t.namespace == name,
                t.kind.in_(("namespace", "repository")),
                t.owner_id != account_id,
                t.expires_at > sa.func.clock_timestamp(),
            )
            .scalar_subquery()
        )
        until = sa.func.greatest(until, in_trash)
    is_deleting = sa.exists().where(d.kind == kind, d.name == name)
    statement = sa.select(
        sa.func.clock_timestamp().label("now"),
        until.label("reserved_until"),
        is_deleting.label("is_deleting"),
    )
    row = (await tx.execute(statement)).one()
    return NameStatus(row.now, row.reserved_until, row.is_deleting)


_DELETE_EXPIRED = sa.text("""
    DELETE FROM catalog.reserved_names WHERE (kind, name) IN (
      SELECT r.kind, r.name FROM catalog.reserved_names r
      WHERE r.available_at < now() - CAST(:age AS interval)
        AND NOT EXISTS (SELECT FROM catalog.deletions d WHERE (d.kind, d.name) = (r.kind, r.name))
        AND (r.kind <> 'repository'
             OR NOT EXISTS (SELECT FROM catalog.repositories o WHERE o.path = r.name)
                AND NOT EXISTS (SELECT FROM events.pulled_repositories p
                                WHERE p.repository = r.name))
      LIMIT :limit FOR UPDATE SKIP LOCKED)
""").bindparams(sa.bindparam("age", type_=sa.Interval), sa.bindparam("limit", type_=sa.Integer))


async def delete_expired(tx: Tx, limit: int) -> int:
    """Delete at most ``limit`` reservations that expired a month ago; return how many.

    A repository's reservation stays while the repository or a pull of that name exists: it
    separates the pulls of the deleted repository from those of the next one. The events service
    deletes the former (``services.events.retention``).
    """
    result = await tx.execute(_DELETE_EXPIRED, {"age": RESERVATION_AGE, "limit": limit})
    return int(result.rowcount)
