"""Who is calling the JSON API: a session's access token or an API key, looked up in ``auth.principals`` so that what ended ends at once."""

import time
import uuid
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from libs.common.db.engine import Tx
from libs.common.db.key_use import KeyUseNotifier
from libs.common.db.principals import find_api_key, find_session
from libs.common.security.jwt import InvalidToken, SessionVerifier
from libs.common.security.principals import Principal
from libs.common.web.errors import Forbidden, Unauthenticated
from libs.common.web.provided import provided

KEY_PREFIX = "mak_"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_bearer = HTTPBearer(
    auto_error=False, description="the `access_token` of `POST /api/v1/sessions`, or an API key"
)


class ReadOnlyKey(Forbidden):
    """The API key may read and nothing else."""

    code, title = "read_only_key", "This API key may only read"


class SessionRequired(Forbidden):
    """An API key cannot do what could make it more than it is: manage keys, passwords, tokens or accounts."""

    code, title = "session_required", "An API key cannot do this; sign in with a password"


def client_address(request: Request) -> str:
    """The caller's address as the gateway gave it, without a port."""
    return request.client.host if request.client else ""


async def _proof(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> uuid.UUID | str:
    """The session that a genuine access token names, or what may be an API key; what is neither costs no database connection."""
    if credentials is None:
        raise Unauthenticated
    if credentials.credentials.startswith(KEY_PREFIX):
        return credentials.credentials
    verifier = provided(SessionVerifier)(request)
    try:
        return uuid.UUID(str(verifier.verify(credentials.credentials, now=time.time()).get("sid")))
    except (InvalidToken, ValueError):
        raise Unauthenticated("The access token is not valid, or has expired") from None


SIGNED_IN_ONLY = [Depends(_proof)]
"""Dependencies of a router that nobody calls without a credential: they are looked at before a transaction is opened."""


Proof = Annotated[uuid.UUID | str, Depends(_proof)]
"""What a request carries to say who sends it; ``authenticate`` looks it up."""


async def authenticate(tx: Tx, request: Request, proof: uuid.UUID | str) -> Principal:
    """Who sends the request. Raises Unauthenticated, ReadOnlyKey."""
    if isinstance(proof, uuid.UUID):
        session = await find_session(tx, id=proof, client_address=client_address(request))
        if session is None:
            raise Unauthenticated("The session has ended")
        return session
    key = await find_api_key(tx, secret=proof, client_address=client_address(request))
    if key is None:
        raise Unauthenticated("The API key is not valid, or has expired")
    provided(KeyUseNotifier)(request).used(key.id, key.client_address)
    if key.permission != "write" and request.method not in _SAFE_METHODS:
        raise ReadOnlyKey
    return key


async def _authenticated(request: Request, proof: Proof, tx: Tx) -> Principal:
    return await authenticate(tx, request, proof)


Authenticated = Annotated[Principal, Depends(_authenticated)]
"""A route's parameter: any account that is signed in; nobody else gets in (401)."""


async def _signed_in(principal: Authenticated) -> Principal:
    if principal.kind != "session":
        raise SessionRequired
    return principal


SignedIn = Annotated[Principal, Depends(_signed_in)]
"""A route's parameter: an account that signed in with its password; an API key gets a 403."""


async def _administrator(principal: Authenticated) -> Principal:
    if not principal.is_admin:
        raise Forbidden("Only an administrator may do this")
    return principal


Administrator = Annotated[Principal, Depends(_administrator)]
"""A route's parameter: an account with the role `admin`; others get a 403."""


async def _signed_in_administrator(principal: Administrator) -> Principal:
    return await _signed_in(principal)


SignedInAdministrator = Annotated[Principal, Depends(_signed_in_administrator)]
"""A route's parameter: an administrator who signed in with a password."""
