"""SQL of repositories."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.pages import PageRequest
from libs.common.sorting import Found, Sort, fetch_page, or_never
from services.catalog.namespaces.queries import shared_with
from services.catalog.repositories.domain import Order, Repository, View
from services.catalog.search import contains
from services.catalog.tables import accounts, namespaces, repositories

_r, _n = repositories.c, namespaces.c
_COLUMNS: dict[str, tuple[sa.ColumnElement[Any], ...]] = {
    "name": (_r.path,),
    "pull_count": (_r.pull_count, _r.id),
    "last_pushed_at": (or_never(_r.last_pushed_at), _r.id),
    "created_at": (_r.created_at, _r.id),
}


def _select() -> sa.Select[Any]:
    columns = [column for column in repositories.c if column.name not in ("namespace_id", "path", "account_id")]
    of_namespace = (_n.id.label("namespace_id"), _n.account_id, _n.visibility, _n.name.label("namespace"))
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


async def find_repository(tx: AsyncConnection, *, namespace: str, name: str) -> Repository | None:
    """The repository of that path, whoever owns it."""
    row = (await tx.execute(_select().where(_n.name == namespace, _r.name == name))).one_or_none()
    return _repository(row) if row else None


async def list_repositories(
    tx: AsyncConnection,
    *,
    view: View,
    viewer_id: int,
    account: str | None,
    namespace: str | None,
    q: str | None,
    order: Order,
    page: PageRequest,
) -> Found[Repository]:
    """One page. ``view`` own: of ``account`` (None: of all); shared: what others granted to ``viewer_id``'s Docker users; public: all."""
    statement = _select()
    if view == "shared":
        statement = statement.where(_n.id.in_(shared_with(viewer_id)), _n.account_id != viewer_id)
    if view == "public":
        statement = statement.where(_n.visibility == "public")
    if account is not None:
        whose = _r.account_id if namespace is None else _n.account_id  # the copy has the sort orders' indexes
        statement = statement.where(whose == sa.select(accounts.c.id).where(accounts.c.username == account).scalar_subquery())
    if namespace is not None:
        statement = statement.where(_n.name == namespace)
    if q:
        statement = statement.where(contains(q, _r.path, _r.description))
    sort = Sort(order, _COLUMNS[order.removeprefix("-")])
    return await fetch_page(tx, statement, sort=sort, page=page, of=_repository)


async def insert_repository(tx: AsyncConnection, *, namespace_id: int, name: str, description: str) -> bool:
    """Whether it was made; False: the name is taken."""
    values = {"namespace_id": namespace_id, "name": name, "description": description}
    statement = insert(repositories).values(values).on_conflict_do_nothing(index_elements=["namespace_id", "name"])
    return (await tx.execute(statement.returning(_r.id))).one_or_none() is not None


async def update_description(tx: AsyncConnection, *, repository_id: int, description: str) -> bool:
    """False: it is gone."""
    statement = sa.update(repositories).where(_r.id == repository_id).values(description=description).returning(_r.id)
    return (await tx.execute(statement)).one_or_none() is not None
