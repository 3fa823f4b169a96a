"""The events app on a real database, a registry that delivers to it, and signed-in accounts."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from libs.common.db.pool import Pool
from libs.common.registry.client import Registry as RegistryClient
from libs.common.registry.tokens import EVENTS_SUBJECT, RegistryTokens
from libs.common.registry.transport import Transport
from services.events.app import create_app
from services.events.settings import Settings
from tests.kit.database import Database
from tests.kit.sessions import Secrets, SignIn, app_client, signing_in, write_secrets
from tests.kit.waiting import soon

WEBHOOK_SECRET = "the registry's secret, for tests"


@pytest.fixture(scope="session")
def events_secrets(tmp_path_factory: pytest.TempPathFactory) -> Secrets:
    """The secrets of an events service, without its database URL."""
    return write_secrets(tmp_path_factory.mktemp("events-secrets"), "events")


def events_settings(
    database_url: str,
    events_secrets: Secrets,
    *,
    registry_url: str = "http://127.0.0.1:9",
    workers: int = 1,
) -> Settings:
    """Settings of an events service on ``database_url``. By default its registry is unreachable."""
    return Settings(
        SECRETS_DIR=events_secrets.directory,
        database_url=SecretStr(database_url),
        webhook_secret=SecretStr(WEBHOOK_SECRET),
        registry_url=registry_url,
        workers=workers,
        log_level="warning",
    )


class Registry:
    """Delivers events as the registry does."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def deliver(self, *events: dict[str, Any]) -> httpx.Response:
        """Deliver ``events`` in one envelope."""
        return await self.send({"events": list(events)})

    async def send(
        self, body: Any, *, secret: str | None = WEBHOOK_SECRET, content_type: str | None = None
    ) -> httpx.Response:
        """Deliver ``body``: bytes as they are, anything else as JSON."""
        headers = {
            "Content-Type": content_type or "application/vnd.docker.distribution.events.v2+json"
        }
        if secret is not None:
            headers["Authorization"] = f"Bearer {secret}"
        if isinstance(body, bytes):
            return await self.http.post("/registry-events", content=body, headers=headers)
        return await self.http.post("/registry-events", json=body, headers=headers)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    """Run the app with its background tasks; yield it and an anonymous client."""
    app = create_app(settings)
    async with app.router.lifespan_context(app), app_client(app) as http:
        yield app, http


@pytest.fixture
async def app_and_client(
    emptied: Database, events_secrets: Secrets
) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    async with running(events_settings(emptied.urls["events"], events_secrets)) as pair:
        yield pair


@pytest.fixture
def anonymous(app_and_client: tuple[FastAPI, httpx.AsyncClient]) -> httpx.AsyncClient:
    """A client without credentials."""
    return app_and_client[1]


@pytest.fixture
def registry(anonymous: httpx.AsyncClient) -> Registry:
    return Registry(anonymous)


@pytest.fixture
async def sign_in(
    app_and_client: tuple[FastAPI, httpx.AsyncClient], emptied: Database, events_secrets: Secrets
) -> AsyncIterator[SignIn]:
    """Creates an account in the database and returns a client with its session.

    Example: ``await sign_in("acme", role="admin")``.
    """
    async with signing_in(app_and_client[0], emptied, events_secrets.session_key) as sign_in:
        yield sign_in


@pytest.fixture
async def pool(emptied: Database) -> AsyncIterator[Pool]:
    """A pool of connections with the role of the service."""
    found = Pool(emptied.urls["events"], application_name="tests", size=4)
    yield found
    await found.close()


def registry_client(url: str, events_secrets: Secrets) -> RegistryClient:
    """Return a client of the registry at ``url``, as the service has it."""
    tokens = RegistryTokens(
        keys=events_secrets.directory / "token-keys",
        service="moorage",
        issuer="moorage",
        subject=EVENTS_SUBJECT,
    )
    http = httpx.AsyncClient(base_url=url, timeout=1, trust_env=False)
    return RegistryClient(Transport(http, tokens))


async def make_repository(
    database: Database,
    path: str,
    *,
    account: str,
    visibility: str = "private",
    indexes: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Create the repository ``path`` of ``account`` in the database.

    ``indexes`` lists the children of its indexes, by digest.
    """
    namespace, _, name = path.partition("/")
    await database.execute(
        "INSERT INTO catalog.accounts (username, password_hash, role) VALUES ($1, 'none', 'member')"
        " ON CONFLICT DO NOTHING",
        account,
    )
    await database.execute(
        """
        INSERT INTO catalog.namespaces (account_id, name, visibility)
        SELECT id, $2, $3 FROM catalog.accounts WHERE username = $1 ON CONFLICT DO NOTHING
        """,
        account,
        namespace,
        visibility,
    )
    await database.execute(
        "INSERT INTO catalog.repositories (namespace_id, name)"
        " SELECT id, $2 FROM catalog.namespaces WHERE name = $1",
        namespace,
        name,
    )
    for digest, children in (indexes or {}).items():
        await database.execute(
            """
            INSERT INTO catalog.manifests
              (repository_id, digest, media_type, size_bytes, pushed_at, pushed_by)
            SELECT r.id, $3, 'application/vnd.oci.image.index.v1+json', 1, now(), 'a'
            FROM catalog.repositories r JOIN catalog.namespaces n ON n.id = r.namespace_id
            WHERE n.name = $1 AND r.name = $2
            """,
            namespace,
            name,
            digest,
        )
        await database.execute(
            "INSERT INTO catalog.manifest_children (repository_id, index_digest, child_digest)"
            " SELECT r.id, $3, unnest($4::text[]) FROM catalog.repositories r"
            " JOIN catalog.namespaces n ON n.id = r.namespace_id WHERE n.name = $1 AND r.name = $2",
            namespace,
            name,
            digest,
            list(children),
        )


async def counts(database: Database, repository: str = "team/app") -> dict[str, tuple[int, int]]:
    """Wait until every event is counted; return (pulls, checks) by tag."""

    async def uncounted() -> list[Any]:
        return await database.fetch("SELECT id FROM events.inbox WHERE counted_at IS NULL LIMIT 1")

    await soon(uncounted, lambda rows: not rows, within=60, what="everything to be counted")
    rows = await database.fetch(
        "SELECT tag, sum(pulls)::int AS pulls, sum(checks)::int AS checks"
        " FROM events.pull_hours WHERE repository = $1 GROUP BY tag",
        repository,
    )
    return {
        row["tag"]: (row["pulls"], row["checks"]) for row in rows if row["pulls"] or row["checks"]
    }
