"""``/docker-users``."""

from fastapi import APIRouter, Request, Response, status

from libs.common.db.engine import Tx
from libs.common.web.account_filter import ByAccount
from libs.common.web.authentication import SessionRequired, SignedIn
from libs.common.web.errors import Forbidden, Invalid, LimitReached, NotFound, Unauthenticated
from libs.common.web.fields import Search
from libs.common.web.pagination import PageOut, Paging, page_of
from libs.common.web.problems import responses
from services.catalog.accounts.dependencies import Hasher, Limits
from services.catalog.accounts.domain import HashingBusy
from services.catalog.docker_users import usecases
from services.catalog.docker_users.dependencies import ManageableDockerUser, OwnedDockerUser
from services.catalog.docker_users.domain import DockerUserTaken
from services.catalog.docker_users.schemas import (
    DockerUserChange,
    DockerUserCreate,
    DockerUserOut,
    PasswordChange,
)
from services.catalog.reserved_names.dependencies import ReservedSeconds
from services.catalog.reserved_names.domain import NameReserved

router = APIRouter(prefix="/docker-users", tags=["docker users"])


@router.get("", responses=responses(Unauthenticated, Forbidden, Invalid))
async def list_docker_users(
    tx: Tx,
    by_account: ByAccount,
    page: Paging,
    request: Request,
    response: Response,
    q: Search = None,
) -> PageOut[DockerUserOut]:
    """List the account's Docker users by name."""
    users = await usecases.list_docker_users(tx=tx, by_account=by_account, q=q, page=page)
    return page_of(users, DockerUserOut.model_validate, request, response)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    responses=responses(
        Unauthenticated,
        SessionRequired,
        DockerUserTaken,
        NameReserved,
        LimitReached,
        Invalid,
        HashingBusy,
    ),
)
async def create_docker_user(
    hasher: Hasher,
    tx: Tx,
    principal: SignedIn,
    limits: Limits,
    body: DockerUserCreate,
    response: Response,
) -> DockerUserOut:
    """Create a Docker user."""
    user = await usecases.create_docker_user(
        tx=tx,
        principal=principal,
        hasher=hasher,
        username=body.username,
        password=body.password.get_secret_value(),
        description=body.description,
        token_login=body.token_login,
        limits=limits,
    )
    response.headers["Location"] = f"/api/v1/docker-users/{user.username}"
    return DockerUserOut.model_validate(user)


@router.get("/{username}", responses=responses(Unauthenticated, NotFound))
async def get_docker_user(actor: OwnedDockerUser) -> DockerUserOut:
    """Return one Docker user."""
    return DockerUserOut.model_validate(actor.docker_user)


@router.patch(
    "/{username}", responses=responses(Unauthenticated, SessionRequired, NotFound, Invalid)
)
async def change_docker_user(
    tx: Tx, actor: ManageableDockerUser, body: DockerUserChange
) -> DockerUserOut:
    """Change a Docker user's description, disable or enable it, or switch token logins."""
    user = await usecases.change_docker_user(
        tx=tx,
        actor=actor,
        description=body.description,
        disabled=body.disabled,
        token_login=body.token_login,
    )
    return DockerUserOut.model_validate(user)


@router.put(
    "/{username}/password",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(Unauthenticated, SessionRequired, NotFound, Invalid, HashingBusy),
)
async def change_docker_user_password(
    hasher: Hasher, tx: Tx, actor: ManageableDockerUser, body: PasswordChange
) -> None:
    """Set a new password for a Docker user.

    Its logins end, also those with an access token. Its access tokens stay valid: each is a
    credential of its own, which you can revoke separately.
    """
    await usecases.change_docker_user_password(
        tx=tx, actor=actor, hasher=hasher, password=body.password.get_secret_value()
    )


@router.delete(
    "/{username}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(Unauthenticated, SessionRequired, NotFound),
)
async def delete_docker_user(
    tx: Tx, actor: ManageableDockerUser, reserved: ReservedSeconds
) -> None:
    """Delete a Docker user and its grants.

    The name can be taken again when all tokens that name the Docker user have expired.
    """
    await usecases.delete_docker_user(tx=tx, actor=actor, reserved_seconds=reserved)
