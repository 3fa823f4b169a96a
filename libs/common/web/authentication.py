"""Authentication of the JSON API by a session's access token or by an API key.

Every request looks up its session or API key in ``auth.principals``, so that a revoked one stops
working at once.
"""

import time
import uuid
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from libs.common.db.engine import Tx
from libs.common.db.key_use import KeyUseNotifier
from libs.common.db.principals import find_api_key, find_ended_api_key, find_session
from libs.common.db.refusals import RefusalRecorder
from libs.common.security.jwt import InvalidToken, SessionVerifier
from libs.common.security.principals import Principal
from libs.common.web.errors import Forbidden, Unauthenticated
from libs.common.web.provided import provided

KEY_PREFIX = "mak_"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_bearer = HTTPBearer(
    auto_error=False, description="The `access_token` of `POST /api/v1/sessions`, or an API key."
)


class ReadOnlyKey(Forbidden):
    """The API key has the permission `read` and the request is a write."""

    code, title = "read_only_key", "This API key can only read; use a key that can write"


class SessionRequired(Forbidden):
    """The operation requires a session.

    An API key cannot manage keys, passwords, tokens, Docker users, or accounts (spec 4): it could
    raise its own permissions, or leave a credential that outlives it.
    """

    code, title = "session_required", "API keys cannot do this; sign in with a password"


def client_address(request: Request) -> str:
    """Return the address of the client, without a port, as reported by the gateway."""
    return request.client.host if request.client else ""


async def _proof(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> uuid.UUID | str:
    """Return the session id of a valid access token, or the text of a possible API key.

    Other credentials are refused here, before a database connection is taken.

    Raises:
        Unauthenticated: the credentials are missing or cannot be valid.
    """
    if credentials is None:
        raise Unauthenticated
    if credentials.credentials.startswith(KEY_PREFIX):
        return credentials.credentials
    verifier = provided(SessionVerifier)(request)
    try:
        return uuid.UUID(str(verifier.verify(credentials.credentials, now=time.time()).get("sid")))
    except (InvalidToken, ValueError):
        raise Unauthenticated(
            "The access token is invalid or has expired. Sign in again."
        ) from None


SIGNED_IN_ONLY = [Depends(_proof)]
"""Dependencies of a router that requires credentials.

They are checked before a transaction is opened.
"""


Proof = Annotated[uuid.UUID | str, Depends(_proof)]
"""The session id or API key of a request, for ``authenticate``."""


async def authenticate(tx: Tx, request: Request, proof: uuid.UUID | str) -> Principal:
    """Return the caller of ``request``. Raises Unauthenticated or ReadOnlyKey."""
    if isinstance(proof, uuid.UUID):
        session = await find_session(tx, id=proof, client_address=client_address(request))
        if session is None:
            raise Unauthenticated("The session has ended. Sign in again.")
        return session
    key = await find_api_key(tx, secret=proof, client_address=client_address(request))
    if key is None:
        key_id, owner_id = await find_ended_api_key(tx, secret=proof)
        provided(RefusalRecorder)(request).record(
            action="api_key.refuse",
            target=f"api-keys/{key_id or '-'}",
            owner_id=owner_id,
            client_address=client_address(request),
        )
        raise Unauthenticated("The API key is invalid or has expired. Create a new one.")
    provided(KeyUseNotifier)(request).record(key.id, key.client_address)
    if key.permission != "write" and request.method not in _SAFE_METHODS:
        raise ReadOnlyKey
    return key


async def _authenticated(request: Request, proof: Proof, tx: Tx) -> Principal:
    return await authenticate(tx, request, proof)


Authenticated = Annotated[Principal, Depends(_authenticated)]
"""Permission: any authenticated account. Others get 401."""


async def _signed_in(principal: Authenticated) -> Principal:
    if principal.kind != "session":
        raise SessionRequired
    return principal


SignedIn = Annotated[Principal, Depends(_signed_in)]
"""Permission: an account that is signed in with its password. API keys get 403."""


async def _administrator(principal: Authenticated) -> Principal:
    if not principal.is_admin:
        raise Forbidden("Only an administrator can do this. Sign in as an administrator.")
    return principal


Administrator = Annotated[Principal, Depends(_administrator)]
"""Permission: an account with the role `admin`. Others get 403."""


async def _signed_in_administrator(principal: Administrator) -> Principal:
    return await _signed_in(principal)


SignedInAdministrator = Annotated[Principal, Depends(_signed_in_administrator)]
"""Permission: an administrator who is signed in with a password. Others get 403."""
