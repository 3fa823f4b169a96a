"""The catalog's app on the real database, driven over ASGI by accounts that are signed in."""

import os
import secrets
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import time

import httpx
import pytest
from fastapi import FastAPI
from pydantic import AnyHttpUrl, SecretStr

from libs.common.security.jwt import SESSION_AUDIENCE, SigningKey, load_signing_keys
from ops.host.privileges import run_user
from ops.install.debian import find_registry
from ops.secrets import keys
from services.catalog.app import create_app
from services.catalog.settings import Settings
from tests.integration.catalog.registry import RegistryUnderTest
from tests.integration.gateway.conftest import TOOLS
from tests.integration.gateway.parts import running_registry, running_service
from tests.kit.database import Database

BASE_URL = "http://localhost:8080"


@dataclass(frozen=True, slots=True)
class Secrets:
    """A catalog's secrets folder, with the private halves that the tests need."""

    directory: Path
    session_key: SigningKey
    authority: keys.Authority


@pytest.fixture(scope="session")
def catalog_secrets(tmp_path_factory: pytest.TempPathFactory) -> Secrets:
    directory = tmp_path_factory.mktemp("catalog-secrets")
    for folder in ("token-keys", "session-public-keys", "private"):
        (directory / folder).mkdir()
    authority = keys.new_authority()
    session_key = keys.new_session_key()
    (directory / "token-keys" / "1.pem").write_bytes(keys.new_token_key(authority, "catalog"))
    (directory / "session-public-keys" / "1.pem").write_bytes(keys.public_pem(session_key))
    (directory / "private" / "1.pem").write_bytes(session_key)
    return Secrets(directory, load_signing_keys(directory / "private", typ="at+jwt")[0], authority)


def catalog_settings(database: Database, catalog_secrets: Secrets, registry_url: str) -> Settings:
    """Settings of a catalog on ``database``; its registry is at ``registry_url``."""
    return Settings(
        SECRETS_DIR=catalog_secrets.directory,
        database_url=SecretStr(database.urls["catalog"]),
        registry_url=AnyHttpUrl(registry_url),
        log_level="warning",
    )


@pytest.fixture
async def app(
    emptied: Database, catalog_secrets: Secrets, registry_url: str
) -> AsyncIterator[FastAPI]:
    """The app on an empty database, its workers running."""
    app = create_app(catalog_settings(emptied, catalog_secrets, registry_url))
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def anonymous(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client that has not signed in."""
    transport = httpx.ASGITransport(app, client=("192.0.2.1", 4711))
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        yield client


SignIn = Callable[..., Awaitable[httpx.AsyncClient]]


async def new_session(
    database: Database, catalog_secrets: Secrets, username: str, role: str = "member"
) -> str:
    """An access token of a new session of the account, which is made behind the services' backs where it is missing."""
    await database.execute(
        "INSERT INTO catalog.accounts (username, password_hash, role) VALUES ($1, 'none', $2) ON CONFLICT DO NOTHING",
        username,
        role,
    )
    session = uuid.uuid4()
    await database.execute(
        "INSERT INTO auth.sessions (id, account_id, credential_version, refresh_hash, expires_at, client_address)"
        " SELECT $1, id, credential_version, $3, now() + interval '1 day', '192.0.2.1' FROM catalog.accounts WHERE username = $2",
        session,
        username,
        secrets.token_bytes(32),
    )
    now = int(time())
    claims = {
        "iss": "moorage",
        "aud": SESSION_AUDIENCE,
        "sub": username,
        "sid": str(session),
        "iat": now,
        "exp": now + 300,
    }
    return catalog_secrets.session_key.sign(claims)


@pytest.fixture
async def sign_in(
    app: FastAPI, emptied: Database, catalog_secrets: Secrets
) -> AsyncIterator[SignIn]:
    """Makes an account behind the services' backs and gives a client with a session of it: ``await sign_in("acme", role="admin")``."""
    clients: list[httpx.AsyncClient] = []

    async def make(username: str, role: str = "member") -> httpx.AsyncClient:
        token = await new_session(emptied, catalog_secrets, username, role)
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, client=("192.0.2.1", 4711)),
            base_url=BASE_URL,
            headers={"Authorization": f"Bearer {token}"},
        )
        clients.append(client)
        return client

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
async def acme(sign_in: SignIn) -> httpx.AsyncClient:
    """The account `acme`, a member, signed in."""
    return await sign_in("acme")


@pytest.fixture
async def other(sign_in: SignIn) -> httpx.AsyncClient:
    """Another member, `other`, signed in."""
    return await sign_in("other")


@pytest.fixture
async def admin(sign_in: SignIn) -> httpx.AsyncClient:
    """The administrator `admin`, signed in."""
    return await sign_in("admin", role="admin")


@pytest.fixture(scope="session")
def registry(catalog_secrets: Secrets) -> Iterator[RegistryUnderTest]:
    """A real Distribution that trusts the catalog's keys; what it reports is kept until a test delivers it."""
    given = os.environ.get("REGISTRY_BIN")
    distribution = find_registry(TOOLS, Path(given) if given else None)
    user = run_user([distribution.path])
    folder = Path(
        tempfile.mkdtemp(prefix="moorage-catalog-")
    )  # pytest's own folders are closed to other users
    folder.chmod(0o755)
    (folder / "ca.pem").write_bytes(catalog_secrets.authority.certificate)
    key = load_signing_keys(catalog_secrets.directory / "token-keys")[0]
    with running_service("events") as webhook:
        url = f"http://{webhook.address}/registry-events"
        with running_registry(
            distribution, user, folder, ca=folder / "ca.pem", webhook=url, secret="webhook-secret"
        ) as running:
            yield RegistryUnderTest(f"http://{running.address}", running.storage, key, webhook)
    shutil.rmtree(folder)


@pytest.fixture
def registry_url(request: pytest.FixtureRequest) -> str:
    """Where the app looks for its registry: a real one where the test asks for it, else a port where nothing is."""
    if "registry" not in request.fixturenames:
        return "http://127.0.0.1:9"
    registry: RegistryUnderTest = request.getfixturevalue("registry")
    return registry.url


@pytest.fixture
def team(registry: RegistryUnderTest) -> str:
    """The name of a namespace that no other test uses in the shared registry."""
    return f"team-{uuid.uuid4().hex[:8]}"
