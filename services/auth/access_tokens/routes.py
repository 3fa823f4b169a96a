"""``/api/v1/docker-users/{username}/tokens``."""

import uuid

from fastapi import APIRouter, Request
from starlette.responses import Response

from libs.common.db.engine import Tx
from libs.common.web.authentication import SessionRequired
from libs.common.web.errors import Invalid, LimitReached, Unauthenticated
from libs.common.web.pagination import PageOut, Paging, page_of
from libs.common.web.problems import responses
from services.auth.access_tokens import usecases
from services.auth.access_tokens.dependencies import (
    ManageableDockerUser,
    MaxTokens,
    ReadableDockerUser,
)
from services.auth.access_tokens.domain import NoSuchDockerUser, NoSuchToken
from services.auth.access_tokens.schemas import NewTokenOut, TokenCreate, TokenOut

router = APIRouter(prefix="/api/v1/docker-users/{username}/tokens", tags=["tokens of Docker users"])


@router.get("", responses=responses(Unauthenticated, NoSuchDockerUser, Invalid))
async def list_tokens(
    tx: Tx, actor: ReadableDockerUser, page: Paging, request: Request, response: Response
) -> PageOut[TokenOut]:
    """List the Docker user's access tokens and logins, newest first, without their secrets."""
    return page_of(
        await usecases.list_tokens(tx=tx, actor=actor, page=page),
        TokenOut.model_validate,
        request,
        response,
    )


@router.post(
    "",
    status_code=201,
    responses=responses(Unauthenticated, SessionRequired, NoSuchDockerUser, LimitReached, Invalid),
)
async def create_token(
    tx: Tx,
    actor: ManageableDockerUser,
    max_tokens: MaxTokens,
    body: TokenCreate,
    response: Response,
) -> NewTokenOut:
    """Create an access token, to use as the password of `docker login`.

    Only this response contains the secret. A new password of the Docker user does not end the
    token. It is refused while the Docker user or its account is disabled, and ends when it expires,
    is revoked, or the Docker user is deleted.
    """
    token = await usecases.create_token(
        tx=tx,
        actor=actor,
        name=body.name,
        permission=body.permission,
        expires_at=body.expires_at,
        max_tokens=max_tokens,
    )
    response.headers["Location"] = (
        f"/api/v1/docker-users/{actor.docker_user.username}/tokens/{token.id}"
    )
    response.headers["Cache-Control"] = "no-store"
    return NewTokenOut.model_validate(token)


@router.delete(
    "/{id}",
    status_code=204,
    responses=responses(Unauthenticated, SessionRequired, NoSuchDockerUser, NoSuchToken, Invalid),
)
async def delete_token(tx: Tx, actor: ManageableDockerUser, id: uuid.UUID) -> None:
    """Revoke an access token or a login at once. The logins of an access token end with it."""
    await usecases.delete_token(tx=tx, actor=actor, id=id)
