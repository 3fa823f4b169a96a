"""Secrets of one service and sessions of accounts, for tests that run an app without auth."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Any

import httpx
from fastapi import FastAPI

from libs.common.security.jwt import SESSION_AUDIENCE, SigningKey, load_signing_keys
from ops.secrets import keys
from tests.kit.database import Database

BASE_URL = "http://localhost:8080"
CLIENT_ADDRESS = "192.0.2.1"
"""The IP address that the app sees (RFC 5737)."""

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
"""Creates an account and returns a client with its session: ``await sign_in("acme")``."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets folder of one service, and the private keys that the service does not have."""

    directory: Path
    session_key: SigningKey
    authority: keys.Authority


def write_secrets(directory: Path, service: str) -> Secrets:
    """Write the secrets of ``service`` to the empty folder ``directory``."""
    for folder in ("token-keys", "session-public-keys", "private"):
        (directory / folder).mkdir()
    authority = keys.new_authority()
    (directory / "token_ca.pem").write_bytes(authority.certificate)
    session_key = keys.new_session_key()
    (directory / "token-keys" / "1.pem").write_bytes(keys.new_token_key(authority, service))
    (directory / "session-public-keys" / "1.pem").write_bytes(keys.public_pem(session_key))
    (directory / "private" / "1.pem").write_bytes(session_key)
    (signing_key,) = load_signing_keys(directory / "private", typ="at+jwt")
    return Secrets(directory, signing_key, authority)


def sign_session(
    key: SigningKey, session_id: uuid.UUID, account_id: int, /, **claims: object
) -> str:
    """Sign the access token of a session. ``claims`` replaces single claims."""
    now = int(time())
    defaults: dict[str, Any] = {
        "iss": "moorage",
        "aud": SESSION_AUDIENCE,
        "sub": str(account_id),
        "sid": str(session_id),
        "iat": now,
        "exp": now + 300,
    }
    return key.sign(defaults | claims)


async def insert_session(database: Database, account_id: int) -> uuid.UUID:
    """Insert a session of the account, valid for a day, and return its id."""
    session_id = uuid.uuid4()
    await database.execute(
        """
        INSERT INTO auth.sessions
          (id, account_id, credential_version, refresh_hash, expires_at, client_address)
        SELECT $1, id, credential_version, $3, now() + interval '1 day', '192.0.2.1'
        FROM catalog.accounts WHERE id = $2
        """,
        session_id,
        account_id,
        secrets.token_bytes(32),
    )
    return session_id


async def open_session(
    database: Database, key: SigningKey, username: str, role: str = "member"
) -> str:
    """Return the access token of a new session of ``username``. Create the account if missing."""
    await database.execute(
        "INSERT INTO catalog.accounts (username, password_hash, role) VALUES ($1, 'none', $2)"
        " ON CONFLICT DO NOTHING",
        username,
        role,
    )
    rows = await database.fetch("SELECT id FROM catalog.accounts WHERE username = $1", username)
    account_id = rows[0]["id"]
    return sign_session(key, await insert_session(database, account_id), account_id)


def app_client(app: FastAPI, token: str | None = None) -> httpx.AsyncClient:
    """Return a client of ``app``, anonymous or with ``token`` as its bearer token."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, client=(CLIENT_ADDRESS, 4711)),
        base_url=BASE_URL,
        headers={} if token is None else {"Authorization": f"Bearer {token}"},
    )


@asynccontextmanager
async def signing_in(app: FastAPI, database: Database, key: SigningKey) -> AsyncIterator[SignIn]:
    """Yield a function that signs accounts in to ``app``; close their clients at the end."""
    async with AsyncExitStack() as clients:

        async def sign_in(username: str, role: str = "member") -> httpx.AsyncClient:
            token = await open_session(database, key, username, role)
            return await clients.enter_async_context(app_client(app, token))

        yield sign_in
