"""SQL of grants."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest, Sort, fetch_page
from libs.common.registry.names import is_namespace, is_username
from services.catalog.grants.domain import Grant, GrantNotFound, Permission, ReceivedGrant
from services.catalog.tables import accounts, docker_users, grants, hidden_grants, namespaces

_BY_DOCKER_USER = Sort("docker_user", (docker_users.c.username,))
_BY_NAMESPACE = Sort("namespace", (namespaces.c.name,))


def _select() -> sa.Select[Any]:
    g = grants.c
    return (
        sa.select(
            namespaces.c.name.label("namespace"),
            docker_users.c.username.label("docker_user"),
            accounts.c.username.label("account"),
            g.permission,
            g.created_at,
            g.updated_at,
        )
        .join(namespaces, namespaces.c.id == g.namespace_id)
        .join(docker_users, docker_users.c.id == g.docker_user_id)
        .join(accounts, accounts.c.id == docker_users.c.account_id)
    )


def _grant(row: sa.Row[Any]) -> Grant:
    return Grant(
        namespace=row.namespace,
        docker_user=row.docker_user,
        account=row.account,
        permission=row.permission,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def list_namespace_grants(tx: Tx, *, namespace_id: int, page: PageRequest) -> Page[Grant]:
    """Return a page of the namespace's grants by Docker user."""
    statement = _select().where(grants.c.namespace_id == namespace_id)
    return await fetch_page(tx, statement, sort=_BY_DOCKER_USER, page=page, of=_grant)


def _select_received(docker_user_id: int) -> sa.Select[Any]:
    g, h = grants.c, hidden_grants.c
    hidden = sa.exists().where(
        h.docker_user_id == g.docker_user_id, h.namespace_id == g.namespace_id
    )
    return (
        sa.select(
            g.namespace_id,
            namespaces.c.name.label("namespace"),
            g.permission,
            (namespaces.c.account_id != docker_users.c.account_id).label("shared"),
            hidden.label("hidden"),
        )
        .join(namespaces, namespaces.c.id == g.namespace_id)
        .join(docker_users, docker_users.c.id == g.docker_user_id)
        .where(g.docker_user_id == docker_user_id)
    )


def _received_grant(row: sa.Row[Any]) -> ReceivedGrant:
    return ReceivedGrant(
        namespace_id=row.namespace_id,
        namespace=row.namespace,
        permission=row.permission,
        shared=row.shared,
        hidden=row.hidden,
    )


async def list_received_grants(
    tx: Tx, *, docker_user_id: int, page: PageRequest
) -> Page[ReceivedGrant]:
    """Return a page of the Docker user's grants by namespace."""
    statement = _select_received(docker_user_id)
    return await fetch_page(tx, statement, sort=_BY_NAMESPACE, page=page, of=_received_grant)


async def find_received_grant(
    tx: Tx, *, docker_user_id: int, namespace: str
) -> ReceivedGrant | None:
    """Return the Docker user's grant in the namespace, or None."""
    if not is_namespace(namespace):
        return None  # PostgreSQL rejects some texts, such as one with a NUL
    statement = _select_received(docker_user_id).where(namespaces.c.name == namespace)
    row = (await tx.execute(statement)).one_or_none()
    return _received_grant(row) if row else None


async def insert_hidden_grant(tx: Tx, *, docker_user_id: int, namespace_id: int) -> bool:
    """Hide the grant; return False if it was hidden."""
    statement = (
        insert(hidden_grants)
        .values(docker_user_id=docker_user_id, namespace_id=namespace_id)
        .on_conflict_do_nothing()
        .returning(hidden_grants.c.namespace_id)
    )
    return (await tx.execute(statement)).one_or_none() is not None


async def delete_hidden_grant(tx: Tx, *, docker_user_id: int, namespace_id: int) -> bool:
    """Show the grant again; return False if it was not hidden."""
    h = hidden_grants.c
    statement = (
        sa.delete(hidden_grants)
        .where(h.docker_user_id == docker_user_id, h.namespace_id == namespace_id)
        .returning(h.namespace_id)
    )
    return (await tx.execute(statement)).one_or_none() is not None


async def get_grant(tx: Tx, *, namespace: str, docker_user: str) -> Grant:
    """Return the Docker user's grant in the namespace. Raises GrantNotFound."""
    statement = _select().where(
        namespaces.c.name == namespace, docker_users.c.username == docker_user
    )
    row = (await tx.execute(statement)).one_or_none()
    if row is None:
        raise GrantNotFound(docker_user=docker_user, namespace=namespace)
    return _grant(row)


async def lock_permission(tx: Tx, *, namespace_id: int, docker_user_id: int) -> Permission | None:
    """Return the permission of a grant and lock the grant, or None if there is none."""
    statement = sa.select(grants.c.permission).where(
        grants.c.namespace_id == namespace_id, grants.c.docker_user_id == docker_user_id
    )
    permission: Permission | None = (
        await tx.execute(statement.with_for_update(key_share=True))
    ).scalar_one_or_none()
    return permission


async def upsert_grant(
    tx: Tx, *, namespace_id: int, docker_user_id: int, permission: Permission
) -> bool:
    """Insert the grant or set its permission; return whether it is new."""
    statement = insert(grants).values(
        namespace_id=namespace_id, docker_user_id=docker_user_id, permission=permission
    )
    statement = statement.on_conflict_do_update(
        index_elements=["namespace_id", "docker_user_id"],
        set_={"permission": statement.excluded.permission, "updated_at": sa.func.now()},
        where=grants.c.permission != statement.excluded.permission,
    )
    # xmax is 0 in an inserted row: no transaction has replaced an older version of it.
    is_new: bool | None = (
        await tx.execute(statement.returning(sa.literal_column("xmax = 0", sa.Boolean)))
    ).scalar_one_or_none()
    return bool(is_new)


async def delete_grant(tx: Tx, *, namespace_id: int, docker_user: str) -> Permission | None:
    """Delete the Docker user's grant in the namespace; return its permission, None without one."""
    if not is_username(docker_user):
        return None  # PostgreSQL rejects some texts, such as one with a NUL
    user = (
        sa.select(docker_users.c.id).where(docker_users.c.username == docker_user).scalar_subquery()
    )
    statement = sa.delete(grants).where(
        grants.c.namespace_id == namespace_id, grants.c.docker_user_id == user
    )
    permission: Permission | None = (
        await tx.execute(statement.returning(grants.c.permission))
    ).scalar_one_or_none()
    return permission
