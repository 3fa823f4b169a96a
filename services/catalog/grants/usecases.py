"""List, put, hide, and delete grants."""

from dataclasses import replace

from libs.common.db.changes import changed, deleted
from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest
from services.catalog.audit.usecases import record
from services.catalog.docker_users import queries as docker_users
from services.catalog.docker_users.domain import DockerUserNotFound, DockerUserOwner
from services.catalog.grants import queries
from services.catalog.grants.domain import (
    ACTIONS,
    Grant,
    GranteeNotFound,
    GrantNotFound,
    Permission,
    ReceivedGrant,
    grantee_account,
)
from services.catalog.namespaces import queries as namespaces
from services.catalog.namespaces.domain import NamespaceNotFound, NamespaceOwner


async def list_namespace_grants(*, tx: Tx, actor: NamespaceOwner, page: PageRequest) -> Page[Grant]:
    """Return a page of the namespace's grants by Docker user."""
    return await queries.list_namespace_grants(tx, namespace_id=actor.namespace.id, page=page)


async def list_docker_user_grants(
    *, tx: Tx, actor: DockerUserOwner, page: PageRequest
) -> Page[ReceivedGrant]:
    """Return a page of the Docker user's grants by namespace."""
    return await queries.list_received_grants(tx, docker_user_id=actor.docker_user.id, page=page)


async def hide_grant(
    *, tx: Tx, actor: DockerUserOwner, namespace: str, hidden: bool
) -> ReceivedGrant:
    """Hide a grant of the Docker user from the account's lists, or show it again.

    Raises:
        GrantNotFound: the Docker user has no grant in the namespace.
        DockerUserNotFound: a concurrent request deleted the Docker user.
    """
    user = actor.docker_user
    if await docker_users.find_docker_user(tx, username=user.username, lock=True) is None:
        raise DockerUserNotFound(user.username)
    grant = await queries.find_received_grant(tx, docker_user_id=user.id, namespace=namespace)
    if grant is None or not await namespaces.lock_namespace(tx, namespace_id=grant.namespace_id):
        raise GrantNotFound(docker_user=user.username, namespace=namespace)
    change = queries.insert_hidden_grant if hidden else queries.delete_hidden_grant
    if await change(tx, docker_user_id=user.id, namespace_id=grant.namespace_id):
        await record(
            tx=tx,
            principal=actor.principal,
            action="grant.hide" if hidden else "grant.show",
            # Not below the namespace: its owner must not see this entry.
            target=f"docker-users/{user.username}/grants/{namespace}",
        )
    return replace(grant, hidden=hidden)


async def put_grant(
    *,
    tx: Tx,
    actor: NamespaceOwner,
    docker_user: str,
    permission: Permission,
    account: str | None,
) -> tuple[Grant, bool]:
    """Grant ``permission`` to a Docker user; return the grant and whether it is new.

    Raises:
        GranteeNotFound: ``account`` (None: the namespace's account) has no such Docker user.
        NamespaceNotFound: a concurrent request deleted the namespace.
    """
    namespace = actor.namespace
    owner = grantee_account(named=account, namespace_account=namespace.account)
    user = await docker_users.find_docker_user(tx, username=docker_user, lock=True)
    if user is None or user.account != owner:
        raise GranteeNotFound(docker_user=docker_user, account=owner)
    if not await namespaces.lock_namespace(tx, namespace_id=namespace.id):
        raise NamespaceNotFound(namespace.name)
    before = await queries.lock_permission(tx, namespace_id=namespace.id, docker_user_id=user.id)
    is_new = await queries.upsert_grant(
        tx, namespace_id=namespace.id, docker_user_id=user.id, permission=permission
    )
    if before != permission:
        await record(
            tx=tx,
            principal=actor.principal,
            action=ACTIONS[permission],
            target=f"namespaces/{namespace.name}/grants/{docker_user}",
            owner_id=namespace.account_id,
            changes=changed({"permission": before}, {"permission": permission}),
        )
    grant = await queries.get_grant(tx, namespace=namespace.name, docker_user=user.username)
    return grant, is_new


async def delete_grant(*, tx: Tx, actor: NamespaceOwner, docker_user: str) -> None:
    """Revoke the Docker user's grant. Raises GrantNotFound."""
    namespace = actor.namespace
    permission = await queries.delete_grant(tx, namespace_id=namespace.id, docker_user=docker_user)
    if permission is None:
        raise GrantNotFound(docker_user=docker_user, namespace=namespace.name)
    await record(
        tx=tx,
        principal=actor.principal,
        action="grant.delete",
        target=f"namespaces/{namespace.name}/grants/{docker_user}",
        owner_id=namespace.account_id,
        changes=deleted(permission=permission),
    )
