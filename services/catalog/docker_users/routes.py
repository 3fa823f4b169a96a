"""`/docker-users`."""

from fastapi import APIRouter, Request, Response, status

from libs.common.db.engine import Tx
from libs.common.web.authentication import Authenticated, SessionRequired, SignedIn
from libs.common.web.errors import (
    Forbidden,
    Invalid,
    NotFound,
    Unauthenticated,
)
from libs.common.web.fields import Search
from libs.common.web.pagination import Page, Paging, page_of
from libs.common.web.problems import responses
from services.catalog.accounts.dependencies import Listing
from services.catalog.accounts.hashing import Hasher, HashingBusy
from services.catalog.docker_users import usecases
from services.catalog.docker_users.dependencies import OwnedDockerUser
from services.catalog.docker_users.domain import DockerUserTaken
from services.catalog.docker_users.schemas import (
    DockerUserChange,
    DockerUserCreate,
    DockerUserOut,
    PasswordChange,
)
from services.catalog.reserved_names.usecases import NameReserved, ReservedSeconds

router = APIRouter(prefix="/docker-users", tags=["docker users"])


@router.get("", responses=responses(Unauthenticated, Forbidden, Invalid))
async def list_docker_users(
    tx: Tx, lister: Listing, page: Paging, request: Request, response: Response, q: Search = None
) -> Page[DockerUserOut]:
    """The account's Docker users, by name."""
    return page_of(
        await usecases.list_docker_users(tx=tx, lister=lister, q=q, page=page),
        DockerUserOut.of,
        request,
        response,
    )


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    responses=responses(Unauthenticated, DockerUserTaken, NameReserved, Invalid, HashingBusy),
)
async def create_docker_user(
    hasher: Hasher, tx: Tx, principal: Authenticated, body: DockerUserCreate, response: Response
) -> DockerUserOut:
    """Make a Docker user."""
    user = await usecases.create_docker_user(
        tx=tx,
        principal=principal,
        hasher=hasher,
        username=body.username,
        password=body.password.get_secret_value(),
        description=body.description,
        token_login=body.token_login,
    )
    response.headers["Location"] = f"/api/v1/docker-users/{user.username}"
    return DockerUserOut.of(user)


@router.get("/{username}", responses=responses(Unauthenticated, NotFound))
async def get_docker_user(actor: OwnedDockerUser) -> DockerUserOut:
    """One Docker user."""
    return DockerUserOut.of(actor.docker_user)


@router.patch("/{username}", responses=responses(Unauthenticated, NotFound, Invalid))
async def change_docker_user(
    tx: Tx, actor: OwnedDockerUser, body: DockerUserChange
) -> DockerUserOut:
    """Change its description, disable or enable it, or let `docker login` store a token."""
    return DockerUserOut.of(
        await usecases.change_docker_user(
            tx=tx,
            actor=actor,
            description=body.description,
            disabled=body.disabled,
            token_login=body.token_login,
        )
    )


@router.put(
    "/{username}/password",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(Unauthenticated, SessionRequired, NotFound, Invalid, HashingBusy),
)
async def change_docker_user_password(
    hasher: Hasher, tx: Tx, _: SignedIn, actor: OwnedDockerUser, body: PasswordChange
) -> None:
    """Give it a new password. Logins that it had end."""
    await usecases.change_docker_user_password(
        tx=tx, actor=actor, hasher=hasher, password=body.password.get_secret_value()
    )


@router.delete(
    "/{username}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(Unauthenticated, NotFound),
)
async def delete_docker_user(tx: Tx, actor: OwnedDockerUser, reserved: ReservedSeconds) -> None:
    """Delete it with its grants. Its name can be taken again once the tokens that name it have expired."""
    await usecases.delete_docker_user(tx=tx, actor=actor, reserved_seconds=reserved)
