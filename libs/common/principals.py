"""Who is calling the JSON API: a session's access token, looked up in ``auth.principals`` so that an ended session ends at once."""

import time
import uuid
from dataclasses import dataclass
from typing import Annotated

import sqlalchemy as sa
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.db import Tx
from libs.common.errors import Forbidden, Unauthenticated
from libs.common.jwt import InvalidToken, SessionVerifier

principals = sa.Table(
    "principals",
    sa.MetaData(schema="auth"),
    sa.Column("kind", sa.Text),
    sa.Column("id", sa.Uuid),
    sa.Column("account_id", sa.BigInteger),
    sa.Column("username", sa.Text),
    sa.Column("role", sa.Text),
    sa.Column("permission", sa.Text),
    sa.Column("expires_at", sa.TIMESTAMP(timezone=True)),
)

_bearer = HTTPBearer(auto_error=False, description="the `access_token` of `POST /api/v1/sessions`")


@dataclass(frozen=True, slots=True)
class Principal:
    """An account that is signed in, and from where. ``session_id`` names the session; ``role`` is as it is now, not as in the token."""

    account_id: int
    username: str
    role: str
    session_id: uuid.UUID
    client_address: str

    @property
    def is_admin(self) -> bool:
        """Whether it may see and manage every account's objects."""
        return self.role == "admin"


async def find_principal(tx: AsyncConnection, *, session_id: uuid.UUID, client_address: str) -> Principal | None:
    """The live session ``session_id`` with its account, or None when it has ended."""
    p = principals.c
    row = (await tx.execute(sa.select(p.account_id, p.username, p.role).where(p.kind == "session", p.id == session_id))).one_or_none()
    if row is None:
        return None
    return Principal(row.account_id, row.username, row.role, session_id, client_address)


def client_address(request: Request) -> str:
    """The caller's address as the gateway gave it, without a port."""
    return request.client.host if request.client else ""


async def _authenticated(
    request: Request, tx: Tx, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Principal:
    if credentials is None:
        raise Unauthenticated
    verifier: SessionVerifier = request.app.state.session_verifier
    try:
        claims = verifier.verify(credentials.credentials, now=time.time())
        session_id = uuid.UUID(str(claims.get("sid")))
    except (InvalidToken, ValueError):
        raise Unauthenticated("The access token is not valid, or has expired") from None
    principal = await find_principal(tx, session_id=session_id, client_address=client_address(request))
    if principal is None:
        raise Unauthenticated("The session has ended")
    return principal


Authenticated = Annotated[Principal, Depends(_authenticated)]
"""A route's parameter: any account that is signed in; nobody else gets in (401)."""


async def _administrator(principal: Authenticated) -> Principal:
    if not principal.is_admin:
        raise Forbidden("Only an administrator may do this")
    return principal


Administrator = Annotated[Principal, Depends(_administrator)]
"""A route's parameter: an account with the role `admin`; others get a 403."""
