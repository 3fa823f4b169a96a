"""Random interleavings of pushes, deletions, and garbage collections lose no blob (spec 7)."""

import asyncio
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
import structlog
from hypothesis import HealthCheck, Phase, given, settings

from libs.common.db import engine as db
from ops.db.postgres import EmbeddedServer
from services.catalog.gc.runs import collection
from tests.integration.catalog.gc.interleavings.scenarios import Scenario, scenarios
from tests.integration.catalog.gc.interleavings.steps import Interleaving, end_all
from tests.integration.catalog.gc.interleavings.universe import (
    EXISTING,
    NAMESPACE,
    REPOSITORIES,
    TAGS,
    Style,
    readable,
)
from tests.integration.catalog.gc.interleavings.world import World
from tests.kit.database import create_database
from tests.kit.interleaving.model_database import ModelDatabase
from tests.kit.interleaving.stepping import stepping

_INTERLEAVINGS = int(os.environ.get("MOORAGE_INTERLEAVINGS", "300"))
_SECONDS = float("inf") if "MOORAGE_INTERLEAVINGS" in os.environ else 22.0
"""How long new interleavings begin."""
_PHASES = [Phase.generate] if "MOORAGE_UNSHRUNK" in os.environ else [Phase.generate, Phase.shrink]
_VARIATIONS = "hypothesis.internal.conjecture.engine.ConjectureRunner.generate_mutations_from"
"""Hypothesis varies each example up to five times. New ones find more."""
T = TypeVar("T")


def _drop(*_: object) -> Any:
    """Log nothing: the killed processes fail in all ways."""
    raise structlog.DropEvent


async def _push(world: World) -> None:
    await world.push(EXISTING, REPOSITORIES[0], TAGS[0], Style.BLIND)


class Model:
    """A database and a storage that each interleaving begins anew with."""

    def __init__(self, root: Path) -> None:
        self.count = 0
        self._found_by: int | None = None
        self._ends_at = time.monotonic() + _SECONDS
        self._root = root
        self._loop = asyncio.new_event_loop()
        self._world: World
        self._database: Any = None
        self._engine: Any = None

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    async def open(self, server: EmbeddedServer) -> None:
        """Create the database, with one image."""
        database = await create_database(server, f"moorage_{secrets.token_hex(4)}")
        await database.execute(
            "INSERT INTO catalog.accounts (username, password_hash, role)"
            " VALUES ('acme', 'none', 'member')"
        )
        await database.execute(
            "INSERT INTO catalog.namespaces (account_id, name, visibility)"
            f" SELECT id, '{NAMESPACE}', 'private' FROM catalog.accounts"
        )
        self._database = await ModelDatabase.open(database, server.database_url(database.name))
        self._engine = db.create_engine(
            database.urls["catalog"], application_name="interleavings", pool_size=20
        )
        await self._first("push", _push)
        await self._database.save("first")
        await self._first("collect", lambda world: world.collect(0))
        await self._database.save("marked")

    async def _first(self, name: str, work: Callable[[World], Coroutine[Any, Any, None]]) -> None:
        """Do something before all interleavings."""
        world = self._begin(60)
        world.scheduler.is_free = True
        with stepping(lambda: world.scheduler, lambda *paths: world.renamed(*paths)):
            process = world.scheduler.start(name, lambda: work(world))
            assert process.task is not None
            await process.task
        await world.check()

    def _begin(self, grace_minutes: int) -> World:
        self._world = World(self._database, self._engine, self._root, grace_minutes=grace_minutes)
        self._world.write_files()
        return self._world

    async def interleave(self, scenario: Scenario) -> None:
        """Carry out one interleaving, unless this has taken long enough."""
        if time.monotonic() > self._ends_at and self._found_by is None:
            return
        self.count += 1
        await self._database.load("marked" if scenario.is_marked else "first")
        world = self._begin(scenario.grace_minutes)
        with stepping(lambda: world.scheduler, lambda *paths: world.renamed(*paths)):
            try:
                await Interleaving(world, scenario).execute()
            except AssertionError as error:
                self._found_by = self._found_by or self.count
                log = "\n".join(world.scheduler.log)
                found = (
                    f"found by interleaving {self._found_by}, grace {scenario.grace_minutes} min"
                )
                raise AssertionError(readable(f"{error}\n({found})\n\n{log}")) from None
            finally:
                await end_all(world)

    def close(self) -> None:
        """Close all connections."""
        if self._engine is not None:
            self.run(self._engine.dispose())
        if self._database is not None:
            self.run(self._database.close())
        self.run(asyncio.sleep(0))
        self._loop.close()


@pytest.fixture(scope="module")
def model(
    postgres_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Model]:
    """The database of all interleavings, in an event loop of its own."""
    before = structlog.get_config()
    structlog.configure(processors=[_drop])
    seconds, collection._REPORT_SECONDS = collection._REPORT_SECONDS, float("inf")
    # Thousands of small files are faster in memory.
    memory = Path("/dev/shm")
    parent = memory if memory.is_dir() else tmp_path_factory.mktemp("interleavings")
    root = Path(tempfile.mkdtemp(prefix="moorage-interleavings-", dir=parent))
    model = Model(root / "storage")
    patch = pytest.MonkeyPatch()
    patch.setattr(_VARIATIONS, lambda *_: None, raising=False)
    try:
        model.run(model.open(postgres_server))
        yield model
        print(f"{model.count} interleavings")
    finally:
        patch.undo()
        model.close()
        shutil.rmtree(root)
        collection._REPORT_SECONDS = seconds
        structlog.configure(**before)


@pytest.mark.timeout(0)
@given(scenario=scenarios)
@settings(
    max_examples=_INTERLEAVINGS,
    suppress_health_check=list(HealthCheck),
    phases=_PHASES,
    report_multiple_bugs=False,
    deadline=None,
    print_blob=True,
)
def test_no_interleaving_loses_a_blob_of_an_accepted_manifest(
    model: Model, scenario: Scenario
) -> None:
    model.run(model.interleave(scenario))
