"""The union of the three services' audit trails, read through the views that the others publish."""

from typing import Any

import sqlalchemy as sa

from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest, Sort, fetch_page
from services.catalog.audit.domain import Entry
from services.catalog.tables import audit_entries

_COLUMNS = ("id", "at", "account", "action", "target", "client_address")


def _view(schema: str) -> sa.Table:
    return sa.Table(
        "audit",
        sa.MetaData(schema=schema),
        *(sa.Column(name, audit_entries.c[name].type) for name in _COLUMNS),
    )


_SOURCES: dict[str, sa.Table] = {
    "catalog": audit_entries,
    "auth": _view("auth"),
    "events": _view("events"),
}


async def list_entries(
    tx: Tx,
    *,
    account: str | None,
    action: str | None,
    target: str | None,
    page: PageRequest,
) -> Page[Entry]:
    """One page, newest first. ``action`` is a whole action or its noun; ``target`` is an object, with all below it."""
    trail = sa.union_all(
        *(_entries_of(name, table, account, action, target) for name, table in _SOURCES.items())
    ).subquery()
    sort = Sort("-at", (trail.c.at, trail.c.source, trail.c.id))
    return await fetch_page(tx, sa.select(trail), sort=sort, page=page, of=_entry)


def _entries_of(
    source: str, table: sa.Table, account: str | None, action: str | None, target: str | None
) -> sa.Select[Any]:
    statement = sa.select(
        sa.literal(source, sa.Text).label("source"), *(table.c[name] for name in _COLUMNS)
    )
    if account is not None:
        statement = statement.where(table.c.account == account)
    if action is not None:
        statement = statement.where(
            sa.or_(
                table.c.action == action, table.c.action.startswith(f"{action}.", autoescape=True)
            )
        )
    if target is not None:
        statement = statement.where(
            sa.or_(
                table.c.target == target,
                *(table.c.target.startswith(target + sign, autoescape=True) for sign in "/:@"),
            )
        )
    return statement


def _entry(row: Any) -> Entry:
    return Entry(row.at, row.account, row.action, row.target, row.client_address)
