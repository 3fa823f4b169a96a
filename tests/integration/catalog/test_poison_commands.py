"""`moorage drift --repair` and `moorage gc` on an installation full of poison."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.registry.client import Registry
from libs.common.storage.local import LocalStorage
from libs.common.tasks.background import running
from libs.common.tasks.leader import LeaderWorker
from services.catalog.gc.runs import worker
from services.catalog.gc.runs.collection import GarbageCollector
from services.catalog.gc.runs.domain import Schedule
from services.catalog.sync.feed.follower import Follower
from tests.integration.catalog.conftest import running_registry
from tests.integration.catalog.following import follow_to_the_end
from tests.integration.catalog.registry import Event, RegistryUnderTest, deliver
from tests.kit.database import Database
from tests.kit.poison import CASES
from tests.kit.sessions import Secrets

_SLOW = "index of 1,000 children"


@pytest.fixture(scope="module")
def registry(catalog_secrets: Secrets) -> Iterator[RegistryUnderTest]:
    """A Distribution of this module, because the commands work on all of its storage."""
    with running_registry(catalog_secrets) as running:
        yield running


def _run(
    command: str, *options: str, database: Database, secrets: Secrets, data: Path, url: str
) -> "subprocess.CompletedProcess[str]":
    given = {
        "MOORAGE_DATA": str(data),
        "SECRETS_DIR": str(secrets.directory),
        "CATALOG_DATABASE_URL": database.urls["catalog"],
        "CATALOG_REGISTRY_URL": url,
        "COLUMNS": "250",
    }
    return subprocess.run(
        [sys.executable, "-m", "ops", command, *options],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


async def test_commands_succeed_on_an_installation_full_of_poison(
    registry: RegistryUnderTest,
    registry_client: Registry,
    engine: AsyncEngine,
    emptied: Database,
    namespace: str,
    catalog_secrets: Secrets,
) -> None:
    data = registry.storage.parent
    (data / "registry").symlink_to(registry.storage)
    events: list[Event] = []
    repositories: dict[str, str] = {}
    for number, case in enumerate(CASES):
        if case == _SLOW:
            continue
        poison, app = CASES[case](), f"{namespace}/app-{number}"
        reported = await asyncio.to_thread(registry.push_poison, poison, app, "v1")
        if reported:
            repositories[app] = poison.manifest.digest
        # Every second push is lost, so that the comparison finds it.
        events += reported if number % 2 else []
    await deliver(emptied, *events)
    await follow_to_the_end(Follower(engine, registry_client), engine)

    async def run(command: str, *options: str) -> str:
        done = await asyncio.to_thread(
            _run,
            command,
            *options,
            database=emptied,
            secrets=catalog_secrets,
            data=data,
            url=registry.url,
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        return done.stdout

    assert "Differences:" in await run("drift", "--repair")
    rows = await emptied.fetch(
        "SELECT r.path, t.digest FROM catalog.tags t"
        " JOIN catalog.repositories r ON r.id = t.repository_id"
    )
    assert {row["path"]: row["digest"] for row in rows} == repositories
    assert len(repositories) > 40
    await _run_gc(run, engine, registry_client, registry, emptied)
    for app, digest in repositories.items():
        assert await registry_client.find_digest(app, "v1") == digest
    for app, digest in repositories.items():
        assert await registry_client.delete_manifest(app, digest)
    await run("drift", "--repair")
    await _run_gc(run, engine, registry_client, registry, emptied)


async def _run_gc(
    command: Callable[..., Awaitable[str]],
    engine: AsyncEngine,
    client: Registry,
    registry: RegistryUnderTest,
    database: Database,
) -> None:
    """Run `moorage gc` beside the catalog's worker."""
    storage = LocalStorage(registry.storage)
    schedule = Schedule(age=timedelta(days=7), grace=timedelta(days=1), every=None)
    starter = worker.Starter(
        engine, GarbageCollector(engine, client, storage, blobs_per_second=0), schedule
    )
    leader = LeaderWorker(
        name="gc",
        application_name="tests",
        database_url=database.urls["catalog"],
        channel=worker.CHANNEL,
        step=starter.step,
    )
    async with running([leader.run]):
        shown = await command("gc", "--json", "--untagged-days", "0", "--grace-minutes", "1440")
    assert json.loads(shown)["report"]["failures"] == {}
