"""``/api/v1/docker-users/{username}/tokens``."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from libs.common.db.engine import Tx
from libs.common.registry.names import is_username
from libs.common.security.principals import Principal
from libs.common.web.authentication import Authenticated, SessionRequired, SignedIn
from libs.common.web.errors import Invalid, Unauthenticated
from libs.common.web.pagination import Page, Paging, page_of
from libs.common.web.problems import responses
from services.auth.access_tokens import usecases
from services.auth.access_tokens.domain import DockerUserOwner, NoSuchDockerUser, NoSuchToken
from services.auth.access_tokens.schemas import NewTokenOut, TokenCreate, TokenOut
from services.auth.credentials.queries import find_by_username

router = APIRouter(prefix="/api/v1/docker-users/{username}/tokens", tags=["tokens of Docker users"])


async def _owner(tx: Tx, principal: Principal, username: str) -> DockerUserOwner:
    user = (
        await find_by_username(tx, kind="docker_user", username=username)
        if is_username(username)
        else None
    )
    if user is None or not (principal.is_admin or user.account_id == principal.account_id):
        raise NoSuchDockerUser
    return DockerUserOwner(principal, user)


async def _reader(tx: Tx, principal: Authenticated, username: str) -> DockerUserOwner:
    return await _owner(tx, principal, username)


async def _manager(tx: Tx, principal: SignedIn, username: str) -> DockerUserOwner:
    return await _owner(tx, principal, username)


Reader = Annotated[DockerUserOwner, Depends(_reader)]
Manager = Annotated[DockerUserOwner, Depends(_manager)]


@router.get("", responses=responses(Unauthenticated, NoSuchDockerUser, Invalid))
async def list_tokens(
    tx: Tx, actor: Reader, page: Paging, request: Request, response: Response
) -> Page[TokenOut]:
    """The Docker user's access tokens and logins, newest first, without their secrets."""
    return page_of(
        await usecases.list_tokens(tx=tx, actor=actor, page=page), TokenOut.of, request, response
    )


@router.post(
    "",
    status_code=201,
    responses=responses(Unauthenticated, SessionRequired, NoSuchDockerUser, Invalid),
)
async def create_token(
    tx: Tx, actor: Manager, body: TokenCreate, response: Response
) -> NewTokenOut:
    """Make an access token, to be used as the password of `docker login`. Its secret is in this answer and never again."""
    token, secret = await usecases.create_token(
        tx=tx, actor=actor, name=body.name, permission=body.permission, expires_at=body.expires_at
    )
    response.headers["Location"] = (
        f"/api/v1/docker-users/{actor.docker_user.username}/tokens/{token.id}"
    )
    response.headers["Cache-Control"] = "no-store"
    return NewTokenOut.with_secret(token, secret)


@router.delete(
    "/{id}",
    status_code=204,
    responses=responses(Unauthenticated, SessionRequired, NoSuchDockerUser, NoSuchToken, Invalid),
)
async def delete_token(tx: Tx, actor: Manager, id: uuid.UUID) -> None:
    """Revoke an access token or a login at once. The logins that were made with an access token end with it."""
    await usecases.delete_token(tx=tx, actor=actor, id=id)
