"""``/api/v1/api-keys``."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from libs.common.db import Tx
from libs.common.errors import Invalid, Unauthenticated
from libs.common.pages import Page, Paging
from libs.common.principals import Authenticated, SessionRequired, SignedIn
from libs.common.problems import responses
from libs.common.sorting import page_of
from services.auth.api_keys import queries, usecases
from services.auth.api_keys.domain import KeyOwner, NoSuchKey
from services.auth.api_keys.schemas import ApiKeyCreate, ApiKeyOut, NewApiKeyOut

router = APIRouter(prefix="/api/v1/api-keys", tags=["API keys"])


async def _key_owner(tx: Tx, principal: SignedIn, id: uuid.UUID) -> KeyOwner:
    key = await queries.find(tx, account_id=principal.account_id, id=id)
    if key is None:
        raise NoSuchKey
    return KeyOwner(principal, key)


OwnedKey = Annotated[KeyOwner, Depends(_key_owner)]


@router.get("", responses=responses(Unauthenticated, Invalid))
async def list_api_keys(tx: Tx, principal: Authenticated, page: Paging, request: Request, response: Response) -> Page[ApiKeyOut]:
    """The API keys of the account, newest first, without their secrets."""
    return page_of(await usecases.list_api_keys(tx=tx, principal=principal, page=page), ApiKeyOut.of, request, response)


@router.post("", status_code=201, responses=responses(Unauthenticated, SessionRequired, Invalid))
async def create_api_key(tx: Tx, principal: SignedIn, body: ApiKeyCreate, response: Response) -> NewApiKeyOut:
    """Make an API key. Its secret is in this answer and never again."""
    key, secret = await usecases.create_api_key(
        tx=tx, principal=principal, name=body.name, permission=body.permission, expires_at=body.expires_at
    )
    response.headers["Location"] = f"/api/v1/api-keys/{key.id}"
    response.headers["Cache-Control"] = "no-store"
    return NewApiKeyOut.with_secret(key, secret)


@router.delete("/{id}", status_code=204, responses=responses(Unauthenticated, SessionRequired, NoSuchKey, Invalid))
async def delete_api_key(tx: Tx, actor: OwnedKey) -> None:
    """End an API key at once."""
    await usecases.delete_api_key(tx=tx, actor=actor)
