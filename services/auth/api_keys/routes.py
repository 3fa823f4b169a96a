"""``/api/v1/api-keys``."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from libs.common.db.engine import Tx
from libs.common.web.authentication import Authenticated, SessionRequired, SignedIn
from libs.common.web.errors import Forbidden, Invalid, Unauthenticated
from libs.common.web.fields import OptionalText
from libs.common.web.pagination import Page, Paging, page_of
from libs.common.web.problems import responses
from services.auth.api_keys import queries, usecases
from services.auth.api_keys.domain import KeyOwner, NoSuchKey
from services.auth.api_keys.schemas import ApiKeyCreate, ApiKeyOut, NewApiKeyOut

router = APIRouter(prefix="/api/v1/api-keys", tags=["API keys"])

Account = Annotated[
    str | None,
    Query(max_length=63, description="only that account's (administrators)"),
    OptionalText,
]


async def _key_owner(tx: Tx, principal: SignedIn, id: uuid.UUID) -> KeyOwner:
    key = await queries.find(tx, id=id)
    if key is None or not (principal.is_admin or key.account == principal.username):
        raise NoSuchKey
    return KeyOwner(principal, key)


async def _whose(principal: Authenticated, account: Account = None) -> str | None:
    if account not in (None, principal.username) and not principal.is_admin:
        raise Forbidden("Only an administrator may list another account's keys")
    return account if account is not None or principal.is_admin else principal.username


OwnedKey = Annotated[KeyOwner, Depends(_key_owner)]


@router.get("", responses=responses(Unauthenticated, Forbidden, Invalid))
async def list_api_keys(
    tx: Tx,
    account: Annotated[str | None, Depends(_whose)],
    page: Paging,
    request: Request,
    response: Response,
) -> Page[ApiKeyOut]:
    """The API keys of the account, newest first, without their secrets. An administrator sees those of every account."""
    return page_of(
        await usecases.list_api_keys(tx=tx, account=account, page=page),
        ApiKeyOut.of,
        request,
        response,
    )


@router.post("", status_code=201, responses=responses(Unauthenticated, SessionRequired, Invalid))
async def create_api_key(
    tx: Tx, principal: SignedIn, body: ApiKeyCreate, response: Response
) -> NewApiKeyOut:
    """Make an API key. Its secret is in this answer and never again."""
    key, secret = await usecases.create_api_key(
        tx=tx,
        principal=principal,
        name=body.name,
        permission=body.permission,
        expires_at=body.expires_at,
    )
    response.headers["Location"] = f"/api/v1/api-keys/{key.id}"
    response.headers["Cache-Control"] = "no-store"
    return NewApiKeyOut.with_secret(key, secret)


@router.delete(
    "/{id}",
    status_code=204,
    responses=responses(Unauthenticated, SessionRequired, NoSuchKey, Invalid),
)
async def delete_api_key(tx: Tx, actor: OwnedKey) -> None:
    """End an API key at once."""
    await usecases.delete_api_key(tx=tx, actor=actor)
