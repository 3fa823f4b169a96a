"""SQL of namespaces."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from libs.common.db.changes import Changes, update_row
from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest, Sort, fetch_page
from libs.common.registry.names import is_namespace
from services.catalog.namespaces.domain import Namespace, NamespaceNotFound, Visibility
from services.catalog.tables import (
    accounts,
    contains_by_index,
    docker_users,
    grants,
    hidden_grants,
    namespaces,
    repositories,
    trash,
)

_BY_NAME = Sort("name", (namespaces.c.name,))


def _select() -> sa.Select[Any]:
    n, r = namespaces.c, repositories.c
    # A subquery in the select list: PostgreSQL computes the sums for the rows of the page only.
    sums = (
        sa.select(
            sa.func.json_build_array(
                sa.func.count(),
                sa.func.coalesce(sa.func.sum(r.pull_count), 0),
                sa.func.coalesce(sa.func.sum(r.size_bytes), 0),
                type_=sa.JSON,
            )
        )
        .where(r.namespace_id == n.id)
        .scalar_subquery()
        .label("sums")
    )
    columns = (
        n.id,
        n.account_id,
        accounts.c.username.label("account"),
        n.name,
        n.visibility,
        n.description,
        n.created_at,
        n.deleting,
    )
    return sa.select(*columns, sums).join(accounts, accounts.c.id == n.account_id)


def _namespace(row: sa.Row[Any]) -> Namespace:
    repository_count, pull_count, size_bytes = row.sums
    return Namespace(
        id=row.id,
        account_id=row.account_id,
        account=row.account,
        name=row.name,
        visibility=row.visibility,
        description=row.description,
        created_at=row.created_at,
        deleting=row.deleting,
        repository_count=repository_count,
        pull_count=pull_count,
        size_bytes=size_bytes,
    )


async def find_namespace(tx: Tx, *, name: str) -> Namespace | None:
    """Return the namespace ``name`` of any account, or None."""
    if not is_namespace(name):
        return None  # PostgreSQL rejects some texts, such as one with a NUL
    row = (await tx.execute(_select().where(namespaces.c.name == name))).one_or_none()
    return _namespace(row) if row else None


async def get_namespace(tx: Tx, *, name: str) -> Namespace:
    """Return the namespace ``name`` of any account. Raises NamespaceNotFound."""
    namespace = await find_namespace(tx, name=name)
    if namespace is None:
        raise NamespaceNotFound(name)
    return namespace


async def list_namespaces(
    tx: Tx, *, account: str | None, q: str | None, page: PageRequest
) -> Page[Namespace]:
    """Return a page of the namespaces of ``account`` (None: of all accounts) by name.

    ``q`` is a part of the name or the description.
    """
    statement = _select()
    if account is not None:
        statement = statement.where(accounts.c.username == account)
    if q:
        n = namespaces.c
        statement = statement.where(contains_by_index(q, n.name, n.description))
    return await fetch_page(tx, statement, sort=_BY_NAME, page=page, of=_namespace)


async def count_namespaces(tx: Tx, *, account_id: int, besides: str) -> int:
    """Return how many names of namespaces the account has, or reserves with its trash.

    The name ``besides`` is not counted.
    """
    n, t = namespaces.c, trash.c
    own = sa.select(n.name).where(n.account_id == account_id)
    reserved = sa.select(t.namespace).where(
        t.owner_id == account_id,
        t.kind.in_(("namespace", "repository")),
        t.expires_at > sa.func.clock_timestamp(),
    )
    names = own.union(reserved).subquery()
    statement = sa.select(sa.func.count()).where(names.c.name != besides)
    return int((await tx.execute(statement)).scalar_one())


async def insert_namespace(
    tx: Tx, *, account_id: int, name: str, visibility: Visibility, description: str
) -> bool:
    """Insert a namespace; return False if the name is taken."""
    values = {
        "account_id": account_id,
        "name": name,
        "visibility": visibility,
        "description": description,
    }
    statement = (
        insert(namespaces)
        .values(values)
        .on_conflict_do_nothing(index_elements=["name"])
        .returning(namespaces.c.id)
    )
    return (await tx.execute(statement)).one_or_none() is not None


async def update_namespace(
    tx: Tx,
    *,
    namespace_id: int,
    visibility: Visibility | None,
    description: str | None,
) -> Changes | None:
    """Set the values that are not None; return None if the namespace does not exist."""
    given = {"visibility": visibility, "description": description}
    values = {name: value for name, value in given.items() if value is not None}
    return await update_row(tx, namespaces, id=namespace_id, values=values, shown=tuple(given))


async def lock_namespace(tx: Tx, *, namespace_id: int, to_delete: bool = False) -> bool:
    """Lock the namespace for the transaction; return False if it is missing or being deleted.

    The lock keeps others from deleting the namespace. With ``to_delete``, it also keeps them from
    adding repositories and grants.
    """
    statement = sa.select(namespaces.c.id).where(
        namespaces.c.id == namespace_id, ~namespaces.c.deleting
    )
    statement = (
        statement.with_for_update()
        if to_delete
        else statement.with_for_update(key_share=True, read=True)
    )
    return (await tx.execute(statement)).one_or_none() is not None


async def has_repositories(tx: Tx, *, namespace_id: int) -> bool:
    """Return whether the namespace has a repository."""
    statement = sa.select(sa.exists().where(repositories.c.namespace_id == namespace_id))
    return bool((await tx.execute(statement)).scalar_one())


async def delete_namespace(tx: Tx, *, namespace_id: int) -> None:
    """Delete the namespace and its grants."""
    await tx.execute(sa.delete(namespaces).where(namespaces.c.id == namespace_id))


def shared_with(account_id: int) -> sa.Select[int]:
    """Select the ids of the namespaces with a grant for a Docker user of the account."""
    joined = sa.join(grants, docker_users, grants.c.docker_user_id == docker_users.c.id)
    return (
        sa.select(grants.c.namespace_id)
        .select_from(joined)
        .where(docker_users.c.account_id == account_id)
    )


def shown_to(account_id: int) -> sa.Select[int]:
    """Select the same ids without those whose grants the account has hidden."""
    h, g = hidden_grants.c, grants.c
    hidden = sa.exists().where(
        h.docker_user_id == g.docker_user_id, h.namespace_id == g.namespace_id
    )
    return shared_with(account_id).where(~hidden)


async def is_shared_with(tx: Tx, *, namespace_id: int, account_id: int) -> bool:
    """Return whether the namespace has a grant, hidden or not, for a Docker user of the account."""
    statement = sa.select(
        shared_with(account_id).where(grants.c.namespace_id == namespace_id).exists()
    )
    return bool((await tx.execute(statement)).scalar_one())
