"""The catalog's app on a real database, signed-in accounts, and a real registry."""

import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import AnyHttpUrl, SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.db import engine as db
from libs.common.registry.client import Registry, connected
from libs.common.registry.tokens import CATALOG_SUBJECT
from libs.common.security.jwt import load_signing_keys
from ops.host.ports import reserve
from ops.host.privileges import run_user
from services.catalog.app import create_app
from services.catalog.settings import Settings
from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.catalog_process import CatalogProcess
from tests.integration.catalog.collecting import Catalog, Command
from tests.integration.catalog.pump import delivering
from tests.integration.catalog.registry import RegistryUnderTest
from tests.integration.catalog.trashing import Team
from tests.kit.database import Database
from tests.kit.install import registry_program
from tests.kit.servers.distribution import running_distribution
from tests.kit.servers.service import running_service
from tests.kit.sessions import Secrets, SignIn, app_client, signing_in, write_secrets


@pytest.fixture(scope="session")
def catalog_secrets(tmp_path_factory: pytest.TempPathFactory) -> Secrets:
    """The secrets of a catalog, without its database URL."""
    return write_secrets(tmp_path_factory.mktemp("catalog-secrets"), "catalog")


def catalog_settings(
    database: Database, catalog_secrets: Secrets, registry_url: str, **changes: Any
) -> Settings:
    """Settings of a catalog on ``database`` whose registry is at ``registry_url``."""
    return Settings(
        SECRETS_DIR=catalog_secrets.directory,
        database_url=SecretStr(database.urls["catalog"]),
        registry_url=AnyHttpUrl(registry_url),
        log_level="warning",
        **changes,
    )


@pytest.fixture
async def app(
    request: pytest.FixtureRequest, emptied: Database, catalog_secrets: Secrets, registry_url: str
) -> AsyncIterator[FastAPI]:
    """The app with its workers, on an empty database."""
    changes = {}
    if "registry" in request.fixturenames:
        changes["storage_path"] = request.getfixturevalue("registry").storage
    app = create_app(catalog_settings(emptied, catalog_secrets, registry_url, **changes))
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def anonymous(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client without credentials."""
    async with app_client(app) as client:
        yield client


@pytest.fixture
def pusher(anonymous: httpx.AsyncClient, registry: RegistryUnderTest) -> Pusher:
    """Pushes through the catalog's admission."""
    return Pusher(anonymous, registry)


@pytest.fixture
async def sign_in(
    app: FastAPI, emptied: Database, catalog_secrets: Secrets
) -> AsyncIterator[SignIn]:
    """Creates an account in the database and returns a client with its session.

    Example: ``await sign_in("acme", role="admin")``.
    """
    async with signing_in(app, emptied, catalog_secrets.session_key) as sign_in:
        yield sign_in


@pytest.fixture
async def engine(emptied: Database) -> AsyncIterator[AsyncEngine]:
    """An engine with the catalog's role, for use cases that run without the app's workers."""
    engine = db.create_engine(emptied.urls["catalog"], application_name="tests")
    yield engine
    await engine.dispose()


@pytest.fixture
async def registry_client(
    emptied: Database, catalog_secrets: Secrets, registry: RegistryUnderTest
) -> AsyncIterator[Registry]:
    """The catalog's own client of the registry."""
    settings = catalog_settings(emptied, catalog_secrets, registry.url)
    async with connected(settings.registry, subject=CATALOG_SUBJECT) as client:
        yield client


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


@contextmanager
def running_registry(catalog_secrets: Secrets) -> Iterator[RegistryUnderTest]:
    """Run a Distribution that trusts the catalog's keys. A test delivers its events."""
    distribution = registry_program()
    user = run_user([distribution.path])
    # Other users cannot read pytest's own folders.
    folder = Path(tempfile.mkdtemp(prefix="moorage-catalog-"))
    folder.chmod(0o755)
    (folder / "ca.pem").write_bytes(catalog_secrets.authority.certificate)
    key = load_signing_keys(catalog_secrets.directory / "token-keys")[0]
    with running_service("events") as webhook:
        url = f"http://{webhook.address}/registry-events"
        with running_distribution(
            distribution, user, folder, ca=folder / "ca.pem", webhook=url, secret="webhook-secret"
        ) as running:
            yield RegistryUnderTest(f"http://{running.address}", running.storage, key, webhook)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def registry(catalog_secrets: Secrets) -> Iterator[RegistryUnderTest]:
    """A real Distribution that the tests of the session share."""
    with running_registry(catalog_secrets) as running:
        yield running


@pytest.fixture
def registry_url(request: pytest.FixtureRequest) -> str:
    """The URL of ``registry`` if the test uses it, else a port on which nothing listens."""
    if "registry" not in request.fixturenames:
        return "http://127.0.0.1:9"
    registry: RegistryUnderTest = request.getfixturevalue("registry")
    return registry.url


@pytest.fixture
def team(registry: RegistryUnderTest) -> str:
    """The name of a namespace that no other test uses in the shared registry."""
    return f"team-{uuid.uuid4().hex[:8]}"


@pytest.fixture
async def namespace(emptied: Database, team: str) -> str:
    """The namespace ``team`` of the account `acme`, inserted without the app."""
    await emptied.execute(
        "INSERT INTO catalog.accounts (username, password_hash, role)"
        " VALUES ('acme', 'none', 'member')"
    )
    await emptied.execute(
        "INSERT INTO catalog.namespaces (account_id, name, visibility)"
        " SELECT id, $1, 'private' FROM catalog.accounts",
        team,
    )
    return team


@pytest.fixture
async def space(acme: httpx.AsyncClient, team: str) -> str:
    """The name of a namespace of `acme`."""
    created = await acme.post("/api/v1/namespaces", json={"name": team, "visibility": "private"})
    assert created.status_code == 201
    return team


@pytest.fixture
def command(emptied: Database, catalog_secrets: Secrets, tmp_path: Path) -> Command:
    """The command, with the environment that it has in the catalog's container."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GC_")}
    return Command(
        own
        | {
            "MOORAGE_DATA": str(tmp_path),
            "SECRETS_DIR": str(catalog_secrets.directory),
            "CATALOG_DATABASE_URL": emptied.urls["catalog"],
            "CATALOG_REGISTRY_URL": "http://127.0.0.1:9",
            "COLUMNS": "200",
        }
    )


@pytest.fixture
async def catalog(engine: AsyncEngine) -> Catalog:
    """The catalog, played by the test."""
    return Catalog(engine)


@pytest.fixture
async def mine(
    acme: httpx.AsyncClient,
    emptied: Database,
    registry: RegistryUnderTest,
    pusher: Pusher,
    space: str,
) -> AsyncIterator[Team]:
    """The namespace `space` with its trash. The registry's events are delivered."""
    async with delivering(emptied, registry):
        yield Team(space, acme, registry, emptied, pusher)


@pytest.fixture
async def catalog_process(
    emptied: Database, catalog_secrets: Secrets, registry: RegistryUnderTest
) -> AsyncIterator[CatalogProcess]:
    """The catalog in a process that the test starts and kills. Events are delivered."""
    with reserve() as port:
        process = CatalogProcess(
            catalog_secrets.directory,
            emptied.urls["catalog"],
            registry.url,
            registry.storage,
            port.number,
        )
        async with delivering(emptied, registry):
            yield process
        process.kill()
