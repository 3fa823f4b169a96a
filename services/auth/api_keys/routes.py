"""``/api/v1/api-keys``."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from libs.common.db.engine import Tx
from libs.common.web.authentication import SessionRequired, SignedIn
from libs.common.web.errors import Forbidden, Invalid, LimitReached, Unauthenticated
from libs.common.web.pagination import PageOut, Paging, page_of
from libs.common.web.problems import responses
from services.auth.api_keys import usecases
from services.auth.api_keys.dependencies import ListedAccount, MaxKeys, OwnedKey
from services.auth.api_keys.domain import NoSuchKey
from services.auth.api_keys.schemas import ApiKeyCreate, ApiKeyOut, NewApiKeyOut

router = APIRouter(prefix="/api/v1/api-keys", tags=["API keys"])


@router.get("", responses=responses(Unauthenticated, Forbidden, Invalid))
async def list_api_keys(
    tx: Tx, account: ListedAccount, page: Paging, request: Request, response: Response
) -> PageOut[ApiKeyOut]:
    """List the account's API keys, newest first, without their secrets.

    For an administrator, the list contains the keys of every account.
    """
    return page_of(
        await usecases.list_api_keys(tx=tx, account=account, page=page),
        ApiKeyOut.model_validate,
        request,
        response,
    )


@router.post(
    "",
    status_code=201,
    responses=responses(Unauthenticated, SessionRequired, LimitReached, Invalid),
)
async def create_api_key(
    tx: Tx, principal: SignedIn, max_keys: MaxKeys, body: ApiKeyCreate, response: Response
) -> NewApiKeyOut:
    """Create an API key. Only this response contains the secret."""
    key = await usecases.create_api_key(
        tx=tx,
        principal=principal,
        name=body.name,
        permission=body.permission,
        expires_at=body.expires_at,
        max_keys=max_keys,
    )
    response.headers["Location"] = f"/api/v1/api-keys/{key.id}"
    response.headers["Cache-Control"] = "no-store"
    return NewApiKeyOut.model_validate(key)


@router.delete(
    "/{id}",
    status_code=204,
    responses=responses(Unauthenticated, SessionRequired, NoSuchKey, Invalid),
)
async def delete_api_key(tx: Tx, actor: OwnedKey) -> None:
    """Delete an API key, which ends it at once."""
    await usecases.delete_api_key(tx=tx, actor=actor)
