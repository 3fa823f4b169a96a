"""A registry of its own for garbage collection, emptied before each test, and runs on it."""

import os
import shutil
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.gc.runs import queries
from services.catalog.gc.runs.domain import Phase, Run
from tests.integration.catalog.conftest import running_registry
from tests.integration.catalog.creating import create_namespace
from tests.integration.catalog.gc.pausing import PausingStorage
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.sessions import Secrets
from tests.kit.waiting import soon

_TWO_DAYS = timedelta(days=2)
Collect = Callable[..., Coroutine[Any, Any, Run]]


@pytest.fixture(scope="module")
def gc_registry(catalog_secrets: Secrets) -> Iterator[RegistryUnderTest]:
    """A Distribution whose storage contains nothing from other test files."""
    with running_registry(catalog_secrets) as running:
        yield running


@pytest.fixture
def registry(gc_registry: RegistryUnderTest) -> RegistryUnderTest:
    """The registry, without any blob or repository."""
    for folder in ("blobs", "repositories"):
        shutil.rmtree(gc_registry.storage / "docker/registry/v2" / folder, ignore_errors=True)
    return gc_registry


@pytest.fixture
def registry_url(registry: RegistryUnderTest) -> str:
    """The address of the registry, for the app."""
    return registry.url


@pytest.fixture(autouse=True)
def storage(registry: RegistryUnderTest, monkeypatch: pytest.MonkeyPatch) -> PausingStorage:
    """The storage of the app, whose runs can wait at chosen points."""
    storage = PausingStorage(registry.storage)
    monkeypatch.setattr("libs.common.storage.settings.LocalStorage", lambda root: storage)
    return storage


@pytest.fixture
async def app_repository(acme: httpx.AsyncClient, team: str) -> str:
    """The path of a repository in an existing namespace."""
    await create_namespace(acme, team)
    return f"{team}/app"


@pytest.fixture
def collect(engine: AsyncEngine) -> Collect:
    """Request a run, and return it when it has finished. The app's worker carries it out."""

    async def collect(*, days: int = 0, minutes: int = 0, is_dry: bool = False) -> Run:
        async with engine.begin() as tx:
            id_ = await queries.request_run(
                tx, is_dry=is_dry, untagged_days=days, grace_minutes=minutes
            )
        assert id_ is not None, "another run is open"

        async def find() -> Run:
            async with engine.connect() as tx:
                run = await queries.find_run(tx, id=id_)
            assert run is not None
            return run

        return await soon(find, lambda run: run.finished_at is not None, within=60)

    return collect


async def until(condition: Callable[[], Awaitable[bool]], *, within: float = 20) -> None:
    """Wait until the condition holds."""
    await soon(condition, within=within)


async def is_in_phase(engine: AsyncEngine, phase: Phase) -> bool:
    """Return whether the open run is in this phase."""
    async with engine.connect() as tx:
        run = await queries.find_open_run(tx)
    return run is not None and run.phase is phase


def age(folder: Path, by: timedelta = _TWO_DAYS) -> None:
    """Let all files below a folder be older."""
    then = time.time() - by.total_seconds()
    for path in folder.rglob("*"):
        os.utime(path, (then, then))


def folder_of(registry: RegistryUnderTest, repository: str) -> Path:
    """Return the folder of a repository."""
    return registry.storage / "docker/registry/v2/repositories" / repository
