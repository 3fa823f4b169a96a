"""Replicas of the auth service on a real database, and an account for each test."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from libs.common.security.passwords import hash_password
from ops.secrets import keys
from services.auth.app import create_app
from services.auth.cache.listener import InvalidationListener
from services.auth.settings import Settings
from tests.kit.database import Database
from tests.kit.waiting import soon

PASSWORD = "correct horse 电池 staple"
Replica = Callable[..., Awaitable[httpx.AsyncClient]]


@dataclass(slots=True)
class World:
    """An account with Docker users and namespaces whose names are unique to one test."""

    database: Database
    suffix: str = field(default_factory=lambda: secrets.token_hex(4))
    account_id: int = 0
    users: dict[str, int] = field(default_factory=dict)

    def name(self, short: str) -> str:
        """Return the unique name for the test's name ``short``."""
        return f"{short}-{self.suffix}"

    async def add_account(self, role: str = "member") -> None:
        """Add the owner of everything else. Every user has the password ``PASSWORD``."""
        rows = await self.database.fetch(
            "INSERT INTO catalog.accounts (username, password_hash, role) VALUES ($1, $2, $3)"
            " RETURNING id",
            self.name("owner"),
            HASH,
            role,
        )
        self.account_id = rows[0][0]

    async def add_user(self, short: str, *, token_login: bool = False) -> str:
        """Add a Docker user and return its name."""
        rows = await self.database.fetch(
            "INSERT INTO catalog.docker_users (account_id, username, password_hash, token_login)"
            " VALUES ($1, $2, $3, $4) RETURNING id",
            self.account_id,
            self.name(short),
            HASH,
            token_login,
        )
        self.users[short] = rows[0][0]
        return self.name(short)

    async def add_namespace(self, short: str, visibility: str = "private", **grants: str) -> str:
        """Add a namespace with ``grants`` of Docker users and return its name."""
        name = self.name(short)
        await self.database.execute(
            "INSERT INTO catalog.namespaces (account_id, name, visibility) VALUES ($1, $2, $3)",
            self.account_id,
            name,
            visibility,
        )
        for user, permission in grants.items():
            await self.grant(short, user, permission)
        return name

    async def grant(self, namespace: str, user: str, permission: str) -> None:
        """Add a grant."""
        await self.database.execute(
            "INSERT INTO catalog.grants (namespace_id, docker_user_id, permission)"
            " SELECT id, $2, $3 FROM catalog.namespaces WHERE name = $1",
            self.name(namespace),
            self.users[user],
            permission,
        )

    async def revoke(self, namespace: str, user: str) -> None:
        """Delete a grant."""
        await self.database.execute(
            "DELETE FROM catalog.grants g USING catalog.namespaces n"
            " WHERE n.id = g.namespace_id AND n.name = $1 AND docker_user_id = $2",
            self.name(namespace),
            self.users[user],
        )

    async def set_user(self, user: str, assignment: str) -> None:
        """Change a Docker user and raise its credential version, as the catalog does."""
        await self.database.execute(
            f"UPDATE catalog.docker_users SET {assignment},"
            " credential_version = credential_version + 1 WHERE id = $1",
            self.users[user],
        )


HASH = hash_password(PASSWORD)


@pytest.fixture
async def world(database: Database) -> World:
    """An account to which the test adds users and namespaces."""
    world = World(database)
    await world.add_account()
    await database.execute("DELETE FROM auth.login_throttle")  # all tests have one address
    return world


@pytest.fixture(scope="session")
def secrets_dir(tmp_path_factory: pytest.TempPathFactory, token_authority: keys.Authority) -> Path:
    """The secrets of an auth service, without its database URL."""
    root = tmp_path_factory.mktemp("secrets")
    for folder, pem in (
        ("token-keys", keys.new_token_key(token_authority, "auth")),
        ("session-keys", keys.new_session_key()),
    ):
        (root / folder).mkdir()
        (root / folder / f"{keys.stamp()}.pem").write_bytes(pem)
    (root / "token_ca.pem").write_bytes(token_authority.certificate)
    return root


@pytest.fixture(scope="session")
def token_authority() -> keys.Authority:
    """The CA of the token keys."""
    return keys.new_authority()


@pytest.fixture
async def replica(database: Database, secrets_dir: Path) -> AsyncIterator[Replica]:
    """Start replicas with given settings; each call returns a client of a new replica."""
    async with AsyncExitStack() as stack:

        async def start(*, address: str = "192.0.2.1", **settings: Any) -> httpx.AsyncClient:
            return await stack.enter_async_context(
                running(database.urls["auth"], secrets_dir, address, settings)
            )

        yield start


@asynccontextmanager
async def running(
    url: str, secrets_dir: Path, address: str, settings: dict[str, Any]
) -> AsyncIterator[httpx.AsyncClient]:
    """Run a replica, wait for its listener, and yield a client with the IP ``address``."""
    app = create_app(Settings(database_url=url, SECRETS_DIR=secrets_dir, **settings))
    async with app.router.lifespan_context(app):
        listener: InvalidationListener = app.state.provided[InvalidationListener]
        await soon(lambda: _is_current(listener), within=5, what="the invalidation listener")
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 40000))
        async with httpx.AsyncClient(
            transport=transport, base_url="http://localhost:8080"
        ) as client:
            yield client


async def _is_current(listener: InvalidationListener) -> bool:
    return listener.is_current


@pytest.fixture
async def client(replica: Replica) -> httpx.AsyncClient:
    """A client of one replica with the default settings."""
    return await replica()


async def sign_in(
    client: httpx.AsyncClient, world: World, password: str = PASSWORD
) -> httpx.Response:
    """Sign the owner in to the JSON API."""
    return await client.post(
        "/api/v1/sessions", json={"username": world.name("owner"), "password": password}
    )


def bearer(answer: httpx.Response) -> dict[str, str]:
    """Return the header with the access token of a sign-in."""
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@pytest.fixture
async def me(client: httpx.AsyncClient, world: World) -> dict[str, str]:
    """The header of the signed-in owner."""
    return bearer(await sign_in(client, world))
