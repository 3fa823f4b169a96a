"""Deletions in a restored database are suspended.

Since the backup, their names may have had another owner.
"""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
import sqlalchemy as sa
from pydantic import AnyHttpUrl, SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.db import engine as db
from libs.common.registry.client import Registry, connected
from libs.common.registry.tokens import CATALOG_SUBJECT
from ops.db.postgres import EmbeddedServer, binaries
from services.catalog.deletion.repositories import queries, steps
from services.catalog.deletion.repositories.worker import Deleter
from services.catalog.settings import Settings
from services.catalog.sync.drift import usecases as drift
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.database import Database
from tests.kit.images import make_image
from tests.kit.sessions import Secrets

Restore = Callable[[], Awaitable["Restored"]]


@dataclass(frozen=True, slots=True)
class Restored:
    """A database that was restored from a backup, with clients of it and the registry."""

    database: Database
    engine: AsyncEngine
    registry: Registry

    async def work(self) -> None:
        """Run the worker until nothing is due."""
        deleter = Deleter(self.engine, self.registry)
        while await deleter.step() == 0.0:
            pass

    async def suspended(self) -> list[str]:
        async with self.engine.connect() as tx:
            return [deletion.name for deletion in await queries.list_suspended(tx)]


@pytest.fixture
async def deleting(emptied: Database, namespace: str) -> str:
    """The path of a repository that is being deleted at the time of the backup.

    So is another namespace, ``{namespace}-x``.
    """
    await emptied.execute(
        "INSERT INTO catalog.repositories (namespace_id, name, status)"
        " SELECT id, 'app', 'deleting' FROM catalog.namespaces"
    )
    for kind, name, removed in (
        ("repository", f"{namespace}/app", None),
        ("namespace", f"{namespace}-x", "2026-01-01"),
    ):
        await emptied.execute(
            "INSERT INTO catalog.deletions (kind, name, removed_at)"
            " VALUES ($1, $2, $3::text::timestamptz)",
            kind,
            name,
            removed,
        )
        await emptied.execute(
            "INSERT INTO catalog.reserved_names VALUES ($1, $2, now())", kind, name
        )
    return f"{namespace}/app"


@pytest.fixture
async def restore(
    emptied: Database,
    postgres_server: EmbeddedServer,
    registry: RegistryUnderTest,
    catalog_secrets: Secrets,
    tmp_path: Path,
) -> AsyncIterator[Restore]:
    """Dumps the database, and restores it under another name."""
    name = f"{emptied.name}_restored"
    engine = db.create_engine(_in(emptied.urls["catalog"], name), application_name="tests")
    settings = Settings(
        SECRETS_DIR=catalog_secrets.directory,
        database_url=SecretStr(_in(emptied.urls["catalog"], name)),
        registry_url=AnyHttpUrl(registry.url),
    )

    async def make() -> Restored:
        await _as_superuser(postgres_server, f"CREATE DATABASE {name}")
        _postgres("pg_dump", postgres_server, "-Fc", "-f", str(tmp_path / "dump"), emptied.name)
        _postgres("pg_restore", postgres_server, "-d", name, str(tmp_path / "dump"))
        urls = {service: _in(url, name) for service, url in emptied.urls.items()}
        return Restored(Database(name, urls), engine, client)

    async with connected(settings.registry, subject=CATALOG_SUBJECT) as client:
        yield make
    await engine.dispose()
    await _as_superuser(postgres_server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _in(url: str, database: str) -> str:
    return url.rpartition("/")[0] + f"/{database}"


async def _as_superuser(server: EmbeddedServer, sql: str) -> None:
    connection = await asyncpg.connect(server.superuser_url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


def _postgres(program: str, server: EmbeddedServer, *arguments: str) -> None:
    at = urlsplit(server.superuser_url)
    reached = {
        "PGHOST": str(at.hostname),
        "PGPORT": str(at.port),
        "PGUSER": str(at.username),
        "PGPASSWORD": str(at.password),
    }
    subprocess.run(
        [binaries() / program, *arguments], env=os.environ | reached, check=True, timeout=60
    )


async def test_restored_deletion_is_suspended_until_the_operator_decides(
    deleting: str, restore: Restore, registry: RegistryUnderTest
) -> None:
    restored = await restore()
    images = {
        repository: make_image() for repository in (deleting, f"{deleting.partition('/')[0]}-x/app")
    }
    for repository, image in images.items():
        registry.push(image, repository, "v1")  # by the owner after the backup
    await restored.work()
    assert [registry.tags(repository) for repository in images] == [["v1"], ["v1"]]
    assert await restored.suspended() == [f"{deleting.partition('/')[0]}-x", deleting]
    closed = await restored.database.fetch("SELECT repository FROM catalog.reserved_repositories")
    assert [row["repository"] for row in closed] == [deleting]


async def test_operator_resumes_one_deletion_and_drops_another(
    deleting: str,
    restore: Restore,
    registry: RegistryUnderTest,
    catalog_secrets: Secrets,
    tmp_path: Path,
) -> None:
    restored, team = await restore(), deleting.partition("/")[0]
    kept = make_image()
    registry.push(kept, deleting, "v1")
    registry.push(make_image(), f"{team}-x/app", "v1")
    given = {
        "MOORAGE_DATA": str(tmp_path),
        "SECRETS_DIR": str(catalog_secrets.directory),
        "CATALOG_DATABASE_URL": restored.database.urls["catalog"],
        "CATALOG_REGISTRY_URL": registry.url,
    }

    def moorage_deletions(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "ops", "deletions", *arguments]
        done = subprocess.run(
            command,
            env={**os.environ, **given},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    status, listed = moorage_deletions()
    assert (status, f"repository {deleting}: to be deleted" in listed) == (0, True)
    assert f"namespace {team}-x: deleted, its name is still reserved" in listed
    status, shown = moorage_deletions("--json")
    assert (status, json.loads(shown)) == (
        0,
        {
            "suspended": [
                {"kind": "namespace", "name": f"{team}-x", "state": "reserved"},
                {"kind": "repository", "name": deleting, "state": "deleting"},
            ]
        },
    )
    assert moorage_deletions("--drop", "other") == (
        1,
        "moorage: no deletion of other is suspended; nothing was changed\n",
    )
    assert moorage_deletions("--drop", team, "--resume", f"{team}-x") == (
        0,
        "No deletion is suspended.\n",
    )
    await restored.work()
    assert registry.tags(f"{team}-x/app") == []
    assert registry.tags(deleting) == ["v1"]
    assert await restored.database.fetch("SELECT * FROM catalog.deletions") == []
    (found,) = [
        difference
        for difference in (
            await drift.compare(
                engine=restored.engine, registry=restored.registry, settle_seconds=0
            )
        ).differences
        if difference.repository == deleting
    ]
    assert (
        await drift.repair(engine=restored.engine, registry=restored.registry, found=[found]) == []
    )
    (repository,) = await restored.database.fetch(
        "SELECT status, tag_count FROM catalog.repositories"
    )
    assert (repository["status"], repository["tag_count"]) == ("active", 1)
    actions = await restored.database.fetch("SELECT action FROM catalog.audit_entries ORDER BY id")
    assert [row["action"] for row in actions] == ["repository.kept"]


async def test_name_of_a_removed_object_stays_reserved_after_its_deletion_is_dropped(
    deleting: str, restore: Restore, emptied: Database
) -> None:
    await emptied.execute(
        "UPDATE catalog.reserved_names SET available_at = now() + interval '1 hour'"
    )
    restored = await restore()
    async with restored.engine.begin() as tx:
        for deletion in await queries.list_suspended(tx):
            await steps.drop(tx=tx, deletion=deletion)
    assert await restored.suspended() == []
    kept = await restored.database.fetch(
        "SELECT kind, name FROM catalog.reserved_names WHERE available_at > now()"
    )
    assert [tuple(row) for row in kept] == [("namespace", f"{deleting.partition('/')[0]}-x")]


async def test_reserved_names_are_read_by_their_primary_key(emptied: Database) -> None:
    """Without the key, each name would scan the whole table, which takes a minute."""
    await emptied.execute(
        "INSERT INTO catalog.deletions (kind, name, removed_at)"
        " SELECT 'repository', 'a/' || i, now() FROM generate_series(1, 30000) i"
    )
    await emptied.execute(
        "INSERT INTO catalog.reserved_names SELECT kind, name, now() + interval '1 hour'"
        " FROM catalog.deletions WHERE name <> 'a/9'"
    )
    engine = db.create_engine(emptied.urls["catalog"], application_name="tests")
    try:
        async with engine.begin() as tx:
            await tx.execute(sa.text("SET LOCAL statement_timeout = '5s'"))
            assert [deletion.name for deletion in await queries.list_to_release(tx, limit=10)] == [
                "a/9"
            ]
    finally:
        await engine.dispose()
