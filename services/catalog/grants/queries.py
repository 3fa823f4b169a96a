"""SQL of grants."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest, Sort, fetch_page
from services.catalog.grants.domain import Grant, Permission
from services.catalog.tables import accounts, docker_users, grants, namespaces

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


def _grant(row: Any) -> Grant:
    return Grant(
        row.namespace, row.docker_user, row.account, row.permission, row.created_at, row.updated_at
    )


async def list_of_namespace(tx: Tx, *, namespace_id: int, page: PageRequest) -> Page[Grant]:
    """One page of the namespace's grants, by Docker user."""
    statement = _select().where(grants.c.namespace_id == namespace_id)
    return await fetch_page(tx, statement, sort=_BY_DOCKER_USER, page=page, of=_grant)


async def list_of_docker_user(tx: Tx, *, docker_user_id: int, page: PageRequest) -> Page[Grant]:
    """One page of the Docker user's grants, by namespace."""
    statement = _select().where(grants.c.docker_user_id == docker_user_id)
    return await fetch_page(tx, statement, sort=_BY_NAMESPACE, page=page, of=_grant)


async def get_grant(tx: Tx, *, namespace_id: int, docker_user_id: int) -> Grant:
    """That grant, which the caller knows to be there."""
    statement = _select().where(
        grants.c.namespace_id == namespace_id, grants.c.docker_user_id == docker_user_id
    )
    return _grant((await tx.execute(statement)).one())


async def upsert_grant(
    tx: Tx, *, namespace_id: int, docker_user_id: int, permission: Permission
) -> bool:
    """Give the permission, in place of another one; returns whether the grant is new."""
    statement = insert(grants).values(
        namespace_id=namespace_id, docker_user_id=docker_user_id, permission=permission
    )
    statement = statement.on_conflict_do_update(
        index_elements=["namespace_id", "docker_user_id"],
        set_={"permission": statement.excluded.permission, "updated_at": sa.func.now()},
        where=grants.c.permission != statement.excluded.permission,
    )
    # A row that this statement inserted has no older version behind it (xmax is 0).
    is_new: bool | None = (
        await tx.execute(statement.returning(sa.literal_column("xmax = 0", sa.Boolean)))
    ).scalar_one_or_none()
    return bool(is_new)


async def delete_grant(tx: Tx, *, namespace_id: int, docker_user: str) -> bool:
    """Whether there was one."""
    user = (
        sa.select(docker_users.c.id).where(docker_users.c.username == docker_user).scalar_subquery()
    )
    statement = sa.delete(grants).where(
        grants.c.namespace_id == namespace_id, grants.c.docker_user_id == user
    )
    return (await tx.execute(statement.returning(grants.c.namespace_id))).one_or_none() is not None
