"""What is done with Docker users."""

from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest
from libs.common.security.passwords import PasswordHasher
from libs.common.security.principals import Principal
from libs.common.web.errors import NotFound
from services.catalog.accounts.dependencies import Lister
from services.catalog.audit.usecases import record
from services.catalog.docker_users import queries
from services.catalog.docker_users.dependencies import DockerUserOwner
from services.catalog.docker_users.domain import DockerUser, DockerUserTaken
from services.catalog.reserved_names import usecases as reservations


async def list_docker_users(
    *, tx: Tx, lister: Lister, q: str | None, page: PageRequest
) -> Page[DockerUser]:
    """The account's Docker users, by name."""
    return await queries.list_docker_users(tx, account=lister.account, q=q, page=page)


async def create_docker_user(
    *,
    tx: Tx,
    principal: Principal,
    hasher: PasswordHasher,
    username: str,
    password: str,
    description: str,
    token_login: bool,
) -> DockerUser:
    """Make a Docker user of the account that is signed in. Raises DockerUserTaken, NameReserved."""
    password_hash = await hasher.hash(password)
    made = await queries.insert_docker_user(
        tx,
        account_id=principal.account_id,
        username=username,
        password_hash=password_hash,
        description=description,
        token_login=token_login,
    )
    if not made:
        raise DockerUserTaken(
            f"There is a Docker user {username!r}; names are unique in the whole registry"
        )
    await reservations.refuse_reserved(tx, kind="docker_user", name=username)
    await record(
        tx=tx, principal=principal, action="docker_user.create", target=f"docker-users/{username}"
    )
    return await _get(tx, username)


async def change_docker_user(
    *,
    tx: Tx,
    actor: DockerUserOwner,
    description: str | None,
    disabled: bool | None,
    token_login: bool | None,
) -> DockerUser:
    """Change what is not None; disabling ends its logins. Raises NotFound."""
    user = actor.docker_user
    if description is None and disabled is None and token_login is None:
        return user
    changed = await queries.update_docker_user(
        tx,
        docker_user_id=user.id,
        description=description,
        disabled=disabled,
        token_login=token_login,
        ends_logins=bool(disabled),
    )
    if not changed:
        raise NotFound(f"There is no Docker user {user.username!r}")
    await record(
        tx=tx,
        principal=actor.principal,
        action="docker_user.change",
        target=f"docker-users/{user.username}",
    )
    return await _get(tx, user.username)


async def change_docker_user_password(
    *, tx: Tx, actor: DockerUserOwner, hasher: PasswordHasher, password: str
) -> None:
    """Give it a new password; its logins end. Raises NotFound."""
    user = actor.docker_user
    password_hash = await hasher.hash(password)
    if not await queries.update_docker_user(
        tx, docker_user_id=user.id, password_hash=password_hash, ends_logins=True
    ):
        raise NotFound(f"There is no Docker user {user.username!r}")
    await record(
        tx=tx,
        principal=actor.principal,
        action="docker_user.change_password",
        target=f"docker-users/{user.username}",
    )


async def delete_docker_user(*, tx: Tx, actor: DockerUserOwner, reserved_seconds: int) -> None:
    """Delete it with its grants; its name stays taken for ``reserved_seconds``. Raises NotFound."""
    user = actor.docker_user
    if not await queries.delete_docker_user(tx, docker_user_id=user.id):
        raise NotFound(f"There is no Docker user {user.username!r}")
    await reservations.reserve(tx, kind="docker_user", name=user.username, seconds=reserved_seconds)
    await record(
        tx=tx,
        principal=actor.principal,
        action="docker_user.delete",
        target=f"docker-users/{user.username}",
    )


async def _get(tx: Tx, username: str) -> DockerUser:
    user = await queries.find_docker_user(tx, username=username)
    if user is None:
        raise NotFound(f"There is no Docker user {username!r}")
    return user
