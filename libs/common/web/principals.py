"""Who is calling the JSON API: a session's access token or an API key, looked up in ``auth.principals`` so that what ended ends at once."""

import time
import uuid
from dataclasses import dataclass
from typing import Annotated, Literal

import sqlalchemy as sa
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.db.engine import Tx
from libs.common.security.jwt import InvalidToken, SessionVerifier
from libs.common.security.key_use import KeyUseNotifier
from libs.common.security.secrets import hash_of
from libs.common.web.errors import Forbidden, Unauthenticated

principals = sa.Table(
    "principals",
    sa.MetaData(schema="auth"),
    sa.Column("kind", sa.Text),
    sa.Column("id", sa.Uuid),
    sa.Column("account_id", sa.BigInteger),
    sa.Column("username", sa.Text),
    sa.Column("role", sa.Text),
    sa.Column("permission", sa.Text),
    sa.Column("secret_hash", sa.LargeBinary),
)

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


@dataclass(frozen=True, slots=True)
class Principal:
    """An account that is signed in, and from where.

    ``kind`` is by what, a session or an API key, and ``id`` names that; ``permission`` of a session is `write`. ``role`` is as it is
    now, not as in the token.
    """

    kind: Literal["session", "api_key"]
    id: uuid.UUID
    account_id: int
    username: str
    role: str
    permission: Literal["read", "write"]
    client_address: str

    @property
    def is_admin(self) -> bool:
        """Whether it may see and manage every account's objects."""
        return self.role == "admin"

    def owns(self, account_id: int) -> bool:
        """Whether it may change what belongs to the account ``account_id``: its own, or anyone's as an administrator."""
        return self.is_admin or self.account_id == account_id


async def find_session(
    tx: AsyncConnection, *, id: uuid.UUID, client_address: str
) -> Principal | None:
    """The live session ``id`` with its account, or None when it has ended."""
    return await _find(tx, client_address, principals.c.kind == "session", principals.c.id == id)


async def find_api_key(
    tx: AsyncConnection, *, secret: str, client_address: str
) -> Principal | None:
    """The live API key that ``secret`` is, with its account."""
    return await _find(
        tx,
        client_address,
        principals.c.kind == "api_key",
        principals.c.secret_hash == hash_of(secret),
    )


async def _find(
    tx: AsyncConnection, client_address: str, *conditions: sa.ColumnElement[bool]
) -> Principal | None:
    p = principals.c
    row = (
        await tx.execute(
            sa.select(p.kind, p.id, p.account_id, p.username, p.role, p.permission).where(
                *conditions
            )
        )
    ).one_or_none()
    return None if row is None else Principal(*row, client_address)


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
    verifier: SessionVerifier = request.app.state.session_verifier
    try:
        return uuid.UUID(str(verifier.verify(credentials.credentials, now=time.time()).get("sid")))
    except (InvalidToken, ValueError):
        raise Unauthenticated("The access token is not valid, or has expired") from None


SIGNED_IN_ONLY = [Depends(_proof)]
"""Dependencies of a router that nobody calls without a credential: they are looked at before a transaction is opened."""


Proof = Annotated[uuid.UUID | str, Depends(_proof)]
"""What a request carries to say who sends it; ``authenticate`` looks it up."""


async def authenticate(tx: AsyncConnection, request: Request, proof: uuid.UUID | str) -> Principal:
    """Who sends the request. Raises Unauthenticated, ReadOnlyKey."""
    if isinstance(proof, uuid.UUID):
        session = await find_session(tx, id=proof, client_address=client_address(request))
        if session is None:
            raise Unauthenticated("The session has ended")
        return session
    key = await find_api_key(tx, secret=proof, client_address=client_address(request))
    if key is None:
        raise Unauthenticated("The API key is not valid, or has expired")
    key_uses: KeyUseNotifier = request.app.state.key_uses
    key_uses.used(key.id, key.client_address)
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
