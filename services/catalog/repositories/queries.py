"""SQL of repositories."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest, Sort, again, fetch_page, or_never, ordered
from services.catalog.namespaces.queries import shared_with
from services.catalog.repositories.domain import Order, Repository, View
from services.catalog.repositories.merging import merged
from services.catalog.tables import contains, holds, namespaces, repositories

_r, _n = repositories.c, namespaces.c
_FEW = 250
"""So many namespaces are read one by one; of more, most rows of an ordered scan are a hit."""
_NEAR = 2000
"""So many repositories are compared in order, in a millisecond, before a search asks its index."""
_COLUMNS: dict[str, tuple[sa.ColumnElement[Any], ...]] = {
    "name": (_r.path,),
    "pull_count": (_r.pull_count, _r.id),
    "last_pushed_at": (or_never(_r.last_pushed_at), _r.id),
    "created_at": (_r.created_at, _r.id),
}


def _select() -> sa.Select[Any]:
    columns = [
        column
        for column in repositories.c
        if column.name not in ("namespace_id", "path", "account_id")
    ]
    of_namespace = (
        _n.id.label("namespace_id"),
        _n.account_id,
        _n.visibility,
        _n.name.label("namespace"),
    )
    return sa.select(*columns, *of_namespace).join(namespaces, _n.id == _r.namespace_id)


def _repository(row: Any) -> Repository:
    return Repository(
        id=row.id,
        namespace_id=row.namespace_id,
        account_id=row.account_id,
        visibility=row.visibility,
        namespace=row.namespace,
        name=row.name,
        status=row.status,
        description=row.description,
        pull_count=row.pull_count,
        last_pulled_at=row.last_pulled_at,
        last_pushed_at=row.last_pushed_at,
        tag_count=row.tag_count,
        size_bytes=row.size_bytes,
        created_at=row.created_at,
    )


async def find_repository(tx: Tx, *, namespace: str, name: str) -> Repository | None:
    """The repository of that path, whoever owns it."""
    row = (await tx.execute(_select().where(_n.name == namespace, _r.name == name))).one_or_none()
    return _repository(row) if row else None


async def list_repositories(
    tx: Tx,
    *,
    view: View,
    viewer_id: int,
    account_id: int | None,
    namespace: str | None,
    q: str | None,
    order: Order,
    page: PageRequest,
) -> Page[Repository]:
    """One page. ``view`` own: of the account (None: of all); shared: what others granted to ``viewer_id``'s Docker users; public: all.

    Each way reads from an index in the order asked for, so that the page costs the same among few repositories and among many.
    """
    sort = Sort(order, _COLUMNS[order.removeprefix("-")])
    if view == "own" and namespace is None:
        scope = sa.true() if account_id is None else _is_of(_r.account_id, [account_id])
    else:
        among = _namespaces(view, viewer_id, account_id, namespace)
        ids = (await tx.execute(among.limit(_FEW + 1))).scalars().all()
        scope = _among(ids, among)
        if not q and 1 < len(ids) <= _FEW:
            scope = _r.id.in_(merged(ids, sort=sort, page=page))
    if q:
        return await _search(tx, scope, q=q, sort=sort, page=page)
    return await _page(tx, scope, sort=sort, page=page)


async def _page(
    tx: Tx, *conditions: sa.ColumnElement[bool], sort: Sort, page: PageRequest
) -> Page[Repository]:
    return await fetch_page(tx, _select().where(*conditions), sort=sort, page=page, of=_repository)


def _namespaces(
    view: View, viewer_id: int, account_id: int | None, namespace: str | None
) -> sa.Select[int]:
    """The ids of the namespaces that the list is of."""
    statement = sa.select(_n.id)
    if view == "shared":
        statement = statement.where(_n.id.in_(shared_with(viewer_id)), _n.account_id != viewer_id)
    if view == "public":
        statement = statement.where(_n.visibility == "public")
    if account_id is not None:
        statement = statement.where(_n.account_id == account_id)
    return statement if namespace is None else statement.where(_n.name == namespace)


def _among(ids: Sequence[int], among: sa.Select[int]) -> sa.ColumnElement[bool]:
    """Whether a repository is in one of the namespaces ``ids``, or of ``among`` where these are many."""
    if len(ids) <= _FEW:
        return _is_of(_r.namespace_id, ids)
    return _r.namespace_id.in_(among).is_(
        True
    )  # "is true": as a filter of an ordered scan, never as a join


def _is_of(column: sa.ColumnElement[int], ids: Sequence[int]) -> sa.ColumnElement[bool]:
    """Written into the statement, so that PostgreSQL plans for how much these have, and not for the average."""
    if len(ids) == 1:
        return column == sa.bindparam(None, ids[0], literal_execute=True)
    return column.in_(sa.bindparam(None, ids, expanding=True, literal_execute=True))


async def _search(
    tx: Tx, scope: sa.ColumnElement[bool], *, q: str, sort: Sort, page: PageRequest
) -> Page[Repository]:
    """The page of those that have ``q``. What many have is found among the first ones of the order, which may be all there are; only else
    is the index asked, which gives all that have it in no order."""
    near = ordered(
        sa.select(_r.id, _r.path, _r.description).where(scope), sort=sort, page=page, most=_NEAR
    ).subquery("near")
    having = (
        again(near, sort=sort, page=page)
        .where(holds(q, near.c.path, near.c.description))
        .with_only_columns(near.c.id)
    )
    first = await _page(tx, _r.id.in_(having.correlate(None)), sort=sort, page=page)
    if first.next_cursor is not None or await _is_small(tx, scope):
        return first
    return await _page(tx, scope, contains(q, _r.path, _r.description), sort=sort, page=page)


async def _is_small(tx: Tx, scope: sa.ColumnElement[bool]) -> bool:
    some = sa.select(_r.id).where(scope).limit(_NEAR).subquery()
    return bool(
        (await tx.execute(sa.select(sa.func.count() < _NEAR).select_from(some))).scalar_one()
    )


async def insert_repository(tx: Tx, *, namespace_id: int, name: str, description: str) -> bool:
    """Whether it was made; False: the name is taken."""
    values = {"namespace_id": namespace_id, "name": name, "description": description}
    statement = (
        insert(repositories)
        .values(values)
        .on_conflict_do_nothing(index_elements=["namespace_id", "name"])
    )
    return (await tx.execute(statement.returning(_r.id))).one_or_none() is not None


async def update_description(tx: Tx, *, repository_id: int, description: str) -> bool:
    """False: it is gone."""
    statement = (
        sa.update(repositories)
        .where(_r.id == repository_id)
        .values(description=description)
        .returning(_r.id)
    )
    return (await tx.execute(statement)).one_or_none() is not None
