"""The apps of all services on one database and one set of keys, routed by path."""

import secrets
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from fastapi import FastAPI

from libs.common.security.jwt import SigningKey, load_signing_keys
from libs.common.security.passwords import hash_password
from libs.common.security.secrets import hash_of, new_secret
from ops.secrets import keys
from services.auth.app import create_app as create_auth
from services.auth.settings import Settings as AuthSettings
from services.catalog.app import create_app as create_catalog
from services.catalog.settings import Settings as CatalogSettings
from services.events.app import create_app as create_events
from services.events.settings import Settings as EventsSettings
from tests.kit.database import Database
from tests.kit.sessions import BASE_URL, CLIENT_ADDRESS, insert_session, sign_session

PASSWORD = "correct horse battery"
HASH = hash_password(PASSWORD)
NO_REGISTRY = "http://127.0.0.1:9"
_OF_AUTH = ("/token", "/.well-known/", "/api/v1/sessions", "/api/v1/api-keys", "/api/v1/access/")
_OF_EVENTS = ("/api/v1/pulls", "/api/v1/events/", "/registry-events")


def service_of(path: str) -> str:
    """Return the service of ``path``, as the gateway routes it (spec 1)."""
    if (
        path.startswith(_OF_AUTH)
        or (path.startswith("/api/v1/docker-users/") and "/tokens" in path)
        or (path.startswith("/api/v1/namespaces/") and path.endswith("/denials"))
    ):
        return "auth"
    return "events" if path.startswith(_OF_EVENTS) else "catalog"


class _Gateway(httpx.AsyncBaseTransport):
    """Routes each request to an app, as the gateway does."""

    def __init__(self, apps: Mapping[str, FastAPI], address: str) -> None:
        # As in production, an unexpected exception is logged and answered with 500.
        self._transports = {
            name: httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 4711))
            for name, app in apps.items()
        }

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._transports[service_of(request.url.path)].handle_async_request(request)


@dataclass(frozen=True, slots=True)
class Pooled(Database):
    """A database with a pool of connections: a new one costs more than most statements here."""

    pool: asyncpg.Pool

    async def execute(self, sql: str, *args: object) -> str:
        tag: str = await self.pool.execute(sql, *args)
        return tag

    async def fetch(self, sql: str, *args: object) -> list[asyncpg.Record]:
        rows: list[asyncpg.Record] = await self.pool.fetch(sql, *args)
        return rows


@dataclass(frozen=True, slots=True)
class Person:
    """An account with an access token."""

    id: int
    username: str
    token: str

    @property
    def bearer(self) -> dict[str, str]:
        """The header that authenticates the account."""
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True, slots=True)
class Installation:
    """One running replica of each service."""

    database: Database
    apps: Mapping[str, FastAPI]
    session_key: SigningKey

    def client(
        self, token: str | None = None, *, address: str = CLIENT_ADDRESS
    ) -> httpx.AsyncClient:
        """Return a client of all services, anonymous or with ``token`` as its bearer token."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return httpx.AsyncClient(
            transport=_Gateway(self.apps, address), base_url=BASE_URL, headers=headers
        )

    def signed_session(self, session_id: uuid.UUID, account_id: int, **claims: Any) -> str:
        """Sign the access token of a session. ``claims`` replaces single claims."""
        return sign_session(self.session_key, session_id, account_id, **claims)

    async def person(self, role: str = "member", prefix: str = "account") -> Person:
        """Create an account with a session. Its password is PASSWORD."""
        username = f"{prefix}-{secrets.token_hex(4)}"
        (row,) = await self.database.fetch(
            "INSERT INTO catalog.accounts (username, password_hash, role) VALUES ($1, $2, $3)"
            " RETURNING id",
            username,
            HASH,
            role,
        )
        return Person(row["id"], username, await self.session(row["id"]))

    async def session(self, account_id: int) -> str:
        """Create a session of the account and return its access token."""
        return self.signed_session(await insert_session(self.database, account_id), account_id)

    async def api_key(self, account_id: int, permission: str) -> str:
        """Create an API key of the account and return its secret."""
        secret = new_secret("mak_")
        await self.database.execute(
            """
            INSERT INTO auth.api_keys
              (id, account_id, credential_version, name, permission, secret_hash)
            SELECT $1, id, credential_version, 'a key', $3, $4 FROM catalog.accounts WHERE id = $2
            """,
            uuid.uuid4(),
            account_id,
            permission,
            hash_of(secret),
        )
        return secret


def write_keys(directory: Path) -> SigningKey:
    """Write the keys of all services to one folder and return the one that signs sessions."""
    session, authority = keys.new_session_key(), keys.new_authority()
    (directory / "token_ca.pem").write_bytes(authority.certificate)
    for folder, pem in (
        ("token-keys", keys.new_token_key(authority, "tests")),
        ("session-keys", session),
        ("session-public-keys", keys.public_pem(session)),
    ):
        (directory / folder).mkdir()
        (directory / folder / f"{keys.stamp()}.pem").write_bytes(pem)
    return load_signing_keys(directory / "session-keys", typ="at+jwt")[0]


def make_apps(database: Database, directory: Path) -> dict[str, FastAPI]:
    """Build the app of one replica of each service. Their registry is unreachable."""
    webhook_secret = secrets.token_urlsafe(32)
    return {
        "auth": create_auth(
            AuthSettings(database_url=database.urls["auth"], SECRETS_DIR=directory)
        ),
        "catalog": create_catalog(
            CatalogSettings(
                database_url=database.urls["catalog"],
                SECRETS_DIR=directory,
                registry_url=NO_REGISTRY,
            )
        ),
        "events": create_events(
            EventsSettings(
                database_url=database.urls["events"],
                SECRETS_DIR=directory,
                registry_url=NO_REGISTRY,
                webhook_secret=webhook_secret,
            )
        ),
    }


@asynccontextmanager
async def running(
    database: Database, directory: Path, session_key: SigningKey
) -> AsyncIterator[Installation]:
    """Run one replica of each service."""
    apps = make_apps(database, directory)
    async with AsyncExitStack() as stack:
        for app in apps.values():
            await stack.enter_async_context(app.router.lifespan_context(app))
        pool = await stack.enter_async_context(
            asyncpg.create_pool(database.urls["owner"], min_size=1, max_size=4)
        )
        yield Installation(Pooled(database.name, database.urls, pool), apps, session_key)
