"""SQL of the audit trail: the union of the trails of all services.

The other services publish theirs as the views ``auth.audit`` and ``events.audit``.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from libs.common.db.audit import AuditEntry, values_of
from libs.common.db.engine import Tx
from libs.common.db.pagination import (
    Page,
    PageRequest,
    Sort,
    fetch_page,
    start_values,
)
from services.catalog.audit.domain import Entry, EntryFilter
from services.catalog.tables import accounts, audit_entries, namespaces

_COLUMNS = tuple(audit_entries.c.keys())


def _view(schema: str) -> sa.Table:
    columns = (sa.Column(name, audit_entries.c[name].type) for name in _COLUMNS)
    return sa.Table("audit", sa.MetaData(schema=schema), *columns)


_TRAILS: dict[str, sa.Table] = {
    "catalog": audit_entries,
    "auth": _view("auth"),
    "events": _view("events"),
}


async def find_account_id(tx: Tx, *, username: str) -> int | None:
    """Return the id of the account ``username``, or None."""
    statement = sa.select(accounts.c.id).where(accounts.c.username == username)
    account_id: int | None = (await tx.execute(statement)).scalar_one_or_none()
    return account_id


async def insert_of_namespace(tx: Tx, *, entries: Sequence[AuditEntry], namespace: str) -> None:
    """Insert ``entries`` with the account that owns ``namespace``, in one statement.

    Without such a namespace, nobody owns the objects.
    """
    owner = sa.select(namespaces.c.account_id).where(namespaces.c.name == namespace)
    owned_by = {"owner_id": owner.scalar_subquery()}
    values = [values_of(entry) | owned_by for entry in entries]
    await tx.execute(audit_entries.insert().values(values))


async def list_entries(
    tx: Tx, *, account_id: int | None, entry_filter: EntryFilter, page: PageRequest
) -> Page[Entry]:
    """Return a page of all entries, newest first.

    With ``account_id``, the page has what the account did, and what anyone did to its objects.
    """
    statement, sort = select_entries(account_id=account_id, entry_filter=entry_filter, page=page)
    return await fetch_page(tx, statement, sort=sort, page=page, of=_entry)


def select_entries(
    *, account_id: int | None, entry_filter: EntryFilter, page: PageRequest
) -> tuple[sa.Select[Any], Sort]:
    """Return a statement that has at least the rows of the page, and the order.

    It takes the first rows of each trail from an index in the order of the page, so that a page
    costs the same in a short trail and in a long one.
    """
    branches = [
        _first_rows(source, trail, [*conditions, *_conditions(trail, entry_filter)], page)
        for source, trail in _TRAILS.items()
        for conditions in _of_account(trail, account_id)
    ]
    entries = sa.union_all(*branches).subquery("entries")
    owner = sa.select(accounts.c.username).where(accounts.c.id == entries.c.owner_id)
    statement = sa.select(entries, owner.scalar_subquery().label("owner"))
    # An id is unique within its trail only.
    return statement, Sort("-at", (entries.c.at, entries.c.source, entries.c.id))


def _of_account(
    trail: sa.Table, account_id: int | None
) -> Iterator[tuple[sa.ColumnElement[bool], ...]]:
    """Yield the conditions of each part of the trail: each part has an index of its own."""
    if account_id is None:
        yield ()
        return
    yield (trail.c.account_id == account_id,)
    yield (
        trail.c.owner_id == account_id,
        trail.c.account_id.is_distinct_from(account_id),
    )


def _first_rows(
    source: str, trail: sa.Table, conditions: list[sa.ColumnElement[bool]], page: PageRequest
) -> sa.Select[Any]:
    """Select the first rows of ``trail`` that can be on the page, and the row after them."""
    columns = (sa.literal(source, sa.Text).label("source"), *(trail.c[name] for name in _COLUMNS))
    order = Sort("-at", (trail.c.at, columns[0], trail.c.id))
    start = start_values(order, page)
    if start is not None:
        at, start_source, start_id = start
        if source == start_source:
            conditions.append(sa.tuple_(trail.c.at, trail.c.id) < sa.tuple_(at, start_id))
        else:
            conditions.append(trail.c.at <= at if source < str(start_source) else trail.c.at < at)
    rows = (
        sa.select(*columns)
        .where(*conditions)
        .order_by(trail.c.at.desc(), trail.c.id.desc())
        .limit(page.limit + 1)
    )
    return sa.select(rows.subquery())


def _conditions(trail: sa.Table, entry_filter: EntryFilter) -> Iterator[sa.ColumnElement[bool]]:
    if entry_filter.action is not None:
        yield _is_or_begins_with(trail.c.action, entry_filter.action, signs=".")
    if entry_filter.target is not None:
        yield _is_or_begins_with(trail.c.target, entry_filter.target, signs="/:@")
    if entry_filter.start is not None:
        yield trail.c.at >= entry_filter.start
    if entry_filter.end is not None:
        yield trail.c.at < entry_filter.end


def _is_or_begins_with(
    column: sa.ColumnElement[str], value: str, *, signs: str
) -> sa.ColumnElement[bool]:
    """Return whether ``column`` is ``value``, or begins with it and one of ``signs``.

    A range in the order of the index finds a prefix: all texts from ``value.`` to ``value/``, the
    next character. LIKE with a parameter could not use the index in a generic plan.
    """
    ordered = column.collate("C")
    below = (
        sa.and_(ordered >= value + sign, ordered < value + chr(ord(sign) + 1)) for sign in signs
    )
    return sa.or_(ordered == value, *below)


def _entry(row: sa.Row[Any]) -> Entry:
    return Entry(
        at=row.at,
        account=row.account,
        owner=row.owner,
        docker_user=row.docker_user,
        via=row.via,
        api_key_id=row.api_key_id,
        action=row.action,
        target=row.target,
        changes=row.changes,
        occurrences=row.occurrences,
        client_address=row.client_address,
    )
