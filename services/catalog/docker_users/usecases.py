"""Create, list, change, and delete Docker users."""

from libs.common.db.changes import created
from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest
from libs.common.security.passwords import PasswordHasher
from libs.common.security.principals import Principal
from libs.common.web.account_filter import AccountFilter
from libs.common.web.errors import LimitReached
from services.catalog.accounts import queries as accounts
from services.catalog.accounts.domain import AccountLimits
from services.catalog.audit.usecases import record
from services.catalog.docker_users import queries
from services.catalog.docker_users.domain import (
    DockerUser,
    DockerUserNotFound,
    DockerUserOwner,
    DockerUserTaken,
)
from services.catalog.reserved_names import usecases as reserved_names


async def get_docker_user_owner(*, tx: Tx, principal: Principal, username: str) -> DockerUserOwner:
    """Return ``principal`` with the Docker user that it can change. Raises DockerUserNotFound."""
    return DockerUserOwner(principal, await queries.get_docker_user(tx, username=username))


async def list_docker_users(
    *, tx: Tx, by_account: AccountFilter, q: str | None, page: PageRequest
) -> Page[DockerUser]:
    """Return a page of the account's Docker users by name."""
    return await queries.list_docker_users(tx, account=by_account.account, q=q, page=page)


async def create_docker_user(
    *,
    tx: Tx,
    principal: Principal,
    hasher: PasswordHasher,
    username: str,
    password: str,
    description: str,
    token_login: bool,
    limits: AccountLimits,
) -> DockerUser:
    """Create a Docker user of the principal's account.

    Raises:
        LimitReached: the account has as many Docker users as it can have.
        DockerUserTaken: the username is taken.
        NameReserved: a Docker user of that name was deleted a short time ago.
    """
    password_hash = await hasher.hash(password)
    await accounts.lock_account(tx, account_id=principal.account_id)
    if await queries.count_docker_users(tx, account_id=principal.account_id) >= limits.docker_users:
        raise LimitReached(
            "The account",
            "Docker users",
            limit=limits.docker_users,
            setting="CATALOG_MAX_DOCKER_USERS",
        )
    is_new = await queries.insert_docker_user(
        tx,
        account_id=principal.account_id,
        username=username,
        password_hash=password_hash,
        description=description,
        token_login=token_login,
    )
    if not is_new:
        raise DockerUserTaken(username)
    await reserved_names.check_available(tx=tx, kind="docker_user", name=username)
    await record(
        tx=tx,
        principal=principal,
        action="docker_user.create",
        target=f"docker-users/{username}",
        owner_id=principal.account_id,
        changes=created(description=description, token_login=token_login),
    )
    return await queries.get_docker_user(tx, username=username)


async def change_docker_user(
    *,
    tx: Tx,
    actor: DockerUserOwner,
    description: str | None,
    disabled: bool | None,
    token_login: bool | None,
) -> DockerUser:
    """Change the values that are not None. Disabling the Docker user ends its logins.

    Raises:
        DockerUserNotFound: a concurrent request deleted the Docker user.
    """
    user = actor.docker_user
    if description is None and disabled is None and token_login is None:
        return user
    changes = await queries.update_docker_user(
        tx,
        docker_user_id=user.id,
        description=description,
        disabled=disabled,
        token_login=token_login,
        ends_logins=bool(disabled),
    )
    if changes is None:
        raise DockerUserNotFound(user.username)
    if changes:
        await record(
            tx=tx,
            principal=actor.principal,
            action="docker_user.change",
            target=f"docker-users/{user.username}",
            owner_id=user.account_id,
            changes=changes,
        )
    return await queries.get_docker_user(tx, username=user.username)


async def change_docker_user_password(
    *, tx: Tx, actor: DockerUserOwner, hasher: PasswordHasher, password: str
) -> None:
    """Set a new password and end the Docker user's logins.

    Raises:
        DockerUserNotFound: a concurrent request deleted the Docker user.
    """
    user = actor.docker_user
    password_hash = await hasher.hash(password)
    changes = await queries.update_docker_user(
        tx, docker_user_id=user.id, password_hash=password_hash, ends_logins=True
    )
    if changes is None:
        raise DockerUserNotFound(user.username)
    await record(
        tx=tx,
        principal=actor.principal,
        action="docker_user.change_password",
        target=f"docker-users/{user.username}",
        owner_id=user.account_id,
    )


async def delete_docker_user(*, tx: Tx, actor: DockerUserOwner, reserved_seconds: int) -> None:
    """Delete the Docker user and its grants, and reserve its name for ``reserved_seconds``.

    Raises:
        DockerUserNotFound: a concurrent request deleted the Docker user.
    """
    user = actor.docker_user
    if not await queries.delete_docker_user(tx, docker_user_id=user.id):
        raise DockerUserNotFound(user.username)
    await reserved_names.reserve(
        tx, kind="docker_user", name=user.username, seconds=reserved_seconds
    )
    await record(
        tx=tx,
        principal=actor.principal,
        action="docker_user.delete",
        target=f"docker-users/{user.username}",
        owner_id=user.account_id,
    )
