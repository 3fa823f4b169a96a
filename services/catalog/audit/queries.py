"""SQL of the audit trail: the union of the trails of all services.

The other services publish theirs as the views ``auth.audit`` and ``events.audit``.
"""

from typing import Any

import sqlalchemy as sa

from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest, Sort, fetch_page
from services.catalog.audit.domain import Entry
from services.catalog.tables import audit_entries

_COLUMNS = ("id", "at", "account", "action", "target", "client_address")


def _view(schema: str) -> sa.Table:
    columns = (sa.Column(name, audit_entries.c[name].type) for name in _COLUMNS)
    return sa.Table("audit", sa.MetaData(schema=schema), *columns)


_TRAILS: dict[str, sa.Table] = {
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
    """Return a page of all entries, newest first.

    ``action`` is a whole action or its noun. ``target`` matches an object and everything below it.
    """
    entries = sa.union_all(
        *(
            _select_from(trail, source, account=account, action=action, target=target)
            for source, trail in _TRAILS.items()
        )
    ).subquery()
    # An id is unique within its trail only.
    sort = Sort("-at", (entries.c.at, entries.c.source, entries.c.id))
    return await fetch_page(tx, sa.select(entries), sort=sort, page=page, of=_entry)


def _select_from(
    trail: sa.Table, source: str, *, account: str | None, action: str | None, target: str | None
) -> sa.Select[Any]:
    """Select from each trail with its own conditions, so that each is read by its indexes."""
    statement = sa.select(
        sa.literal(source, sa.Text).label("source"), *(trail.c[name] for name in _COLUMNS)
    )
    if account is not None:
        statement = statement.where(trail.c.account == account)
    if action is not None:
        of_noun = trail.c.action.startswith(f"{action}.", autoescape=True)
        statement = statement.where(sa.or_(trail.c.action == action, of_noun))
    if target is not None:
        below = (trail.c.target.startswith(target + sign, autoescape=True) for sign in "/:@")
        statement = statement.where(sa.or_(trail.c.target == target, *below))
    return statement


def _entry(row: sa.Row[Any]) -> Entry:
    return Entry(row.at, row.account, row.action, row.target, row.client_address)
