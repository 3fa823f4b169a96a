"""Fixtures for one embedded PostgreSQL per run, migrated, with the roles of the services.

``database`` has the URL of each role. ``emptied`` is the same database with empty tables.
``new_database`` makes a database for one test.
"""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.db import engine as db
from ops.db.migrate import migrate
from ops.db.postgres import EmbeddedServer, start_embedded, url
from ops.db.roles import Role

SERVICES = ("auth", "catalog", "events")


@dataclass(frozen=True, slots=True)
class Database:
    """A migrated database.

    ``urls`` has one `postgresql://` URL for each role: "owner", "auth", "catalog", and "events".
    """

    name: str
    urls: Mapping[str, str]

    async def execute(self, sql: str, *args: object) -> str:
        """Run one statement as the owner and return PostgreSQL's command tag."""
        connection = await asyncpg.connect(self.urls["owner"])
        try:
            tag: str = await connection.execute(sql, *args)
            return tag
        finally:
            await connection.close()

    async def fetch(self, sql: str, *args: object) -> list[asyncpg.Record]:
        """Return the rows of one query, as the owner."""
        connection = await asyncpg.connect(self.urls["owner"])
        try:
            rows: list[asyncpg.Record] = await connection.fetch(sql, *args)
            return rows
        finally:
            await connection.close()

    async def empty(self) -> None:
        """Empty every table of the three schemas, but for the state of garbage collection."""
        tables = await self.fetch(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname = ANY($1) AND tablename <> 'garbage_state'",
            list(SERVICES),
        )
        await self.execute(f"TRUNCATE {', '.join(row[0] for row in tables)}")
        await self.execute(
            "UPDATE catalog.garbage_state"
            " SET sweep = NULL, run = NULL, leased_until = '-infinity', generation = 1"
        )


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """The PostgreSQL server of this test run."""
    with start_embedded(tmp_path_factory.mktemp("postgres") / "data") as server:
        yield server


@pytest.fixture(scope="session")
def new_database(postgres_server: EmbeddedServer) -> Callable[[], Awaitable[Database]]:
    """Makes another migrated database, with its own roles."""

    async def make() -> Database:
        return await create_database(postgres_server, f"moorage_{secrets.token_hex(4)}")

    return make


@pytest.fixture(scope="session")
async def database(new_database: Callable[[], Awaitable[Database]]) -> Database:
    """The database that all tests share."""
    return await new_database()


@pytest.fixture
async def emptied(database: Database) -> Database:
    """The shared database with empty tables."""
    await database.empty()
    return database


@pytest.fixture
async def owner_engine(database: Database) -> AsyncIterator[AsyncEngine]:
    """An engine with the role that owns the schemas, to read and write without a service."""
    engine = db.create_engine(database.urls["owner"], application_name="tests")
    yield engine
    await engine.dispose()


async def create_database(server: EmbeddedServer, name: str) -> Database:
    """Create and migrate the database ``name`` on ``server``, with its own roles."""
    roles = {"owner": name, **{service: f"{name}_{service}" for service in SERVICES}}
    passwords = {part: secrets.token_urlsafe(16) for part in roles}
    superuser = await asyncpg.connect(server.superuser_url)
    try:
        await superuser.execute(
            f"CREATE ROLE {name} LOGIN CREATEROLE PASSWORD '{passwords['owner']}'"
        )
        await superuser.execute(f"CREATE DATABASE {name} OWNER {name}")
    finally:
        await superuser.close()
    urls = {
        part: url(user=role, password=passwords[part], port=server.port, database=name)
        for part, role in roles.items()
    }
    await migrate(urls["owner"], [Role(roles[service], passwords[service]) for service in SERVICES])
    return Database(name, urls)
