"""What is done with grants."""

from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest
from libs.common.registry.names import is_username
from libs.common.web.errors import NotFound
from services.catalog.audit.usecases import record
from services.catalog.docker_users import queries as docker_users
from services.catalog.docker_users.dependencies import DockerUserOwner
from services.catalog.docker_users.domain import DockerUser
from services.catalog.grants import queries
from services.catalog.grants.domain import Grant, Permission
from services.catalog.namespaces import queries as namespaces
from services.catalog.namespaces.dependencies import NamespaceOwner


async def list_namespace_grants(*, tx: Tx, actor: NamespaceOwner, page: PageRequest) -> Page[Grant]:
    """Who may do what in the namespace."""
    return await queries.list_of_namespace(tx, namespace_id=actor.namespace.id, page=page)


async def list_docker_user_grants(
    *, tx: Tx, actor: DockerUserOwner, page: PageRequest
) -> Page[Grant]:
    """What the Docker user may do where."""
    return await queries.list_of_docker_user(tx, docker_user_id=actor.docker_user.id, page=page)


async def put_grant(
    *,
    tx: Tx,
    actor: NamespaceOwner,
    docker_user: str,
    permission: Permission,
    account: str | None,
) -> tuple[Grant, bool]:
    """Grant ``permission`` to a Docker user; returns the grant and whether it is new.

    A Docker user of another account must come with that account's name, so that a slip of the finger opens nothing to a stranger.
    Raises NotFound: no such Docker user, not of that account, or the namespace has just been deleted.
    """
    namespace = actor.namespace
    user = (
        await docker_users.lock_docker_user(tx, username=docker_user)
        if is_username(docker_user)
        else None
    )
    if user is None or not _is_named_rightly(user, namespace.account, account):
        raise NotFound(
            f"There is no Docker user {docker_user!r} of the account {account or namespace.account!r}"
        )
    if not await namespaces.lock_namespace(tx, namespace_id=namespace.id):
        raise NotFound(f"There is no namespace {namespace.name!r}")
    is_new = await queries.upsert_grant(
        tx, namespace_id=namespace.id, docker_user_id=user.id, permission=permission
    )
    target = f"namespaces/{namespace.name}/grants/{docker_user}"
    await record(tx=tx, principal=actor.principal, action=f"grant.{permission}", target=target)
    return await queries.get_grant(tx, namespace_id=namespace.id, docker_user_id=user.id), is_new


async def delete_grant(*, tx: Tx, actor: NamespaceOwner, docker_user: str) -> None:
    """Take the Docker user's grant away. Raises NotFound."""
    namespace = actor.namespace
    deleted = is_username(docker_user) and await queries.delete_grant(
        tx, namespace_id=namespace.id, docker_user=docker_user
    )
    if not deleted:
        raise NotFound(
            f"The Docker user {docker_user!r} has no grant in the namespace {namespace.name!r}"
        )
    await record(
        tx=tx,
        principal=actor.principal,
        action="grant.delete",
        target=f"namespaces/{namespace.name}/grants/{docker_user}",
    )


def _is_named_rightly(user: DockerUser, owner: str, account: str | None) -> bool:
    return user.account == (owner if account is None else account)
