"""Runs that end early, and marks that they leave (docs/garbage-collection.md)."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.gc.runs import queries
from services.catalog.gc.runs.domain import STOPPED
from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.gc.conftest import Collect
from tests.integration.catalog.gc.pausing import PausingStorage
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.images import make_image


async def test_marks_of_a_stopped_run_are_deleted_by_later_runs(
    engine: AsyncEngine,
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    storage: PausingStorage,
) -> None:
    image = make_image()
    pusher.upload(app_repository, *image.blobs)
    pause = storage.pause_at("marked")
    run = asyncio.create_task(collect())
    await pause.reached()
    async with engine.begin() as tx:
        assert await queries.request_stop(tx) is not None
    pause.release()
    assert (await run).error == STOPPED
    assert (await collect()).report.deleted == 2
    assert not registry.blob_file(image.config.digest).exists()


async def test_blob_that_cannot_be_deleted_keeps_no_other_garbage(
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    storage: PausingStorage,
) -> None:
    first, second = make_image(), make_image()
    pusher.upload(app_repository, *first.blobs)
    assert (await collect(minutes=60)).report.marked == 2
    storage.stuck.add(first.config.digest)
    pusher.upload(app_repository, *second.blobs)
    run = await collect()
    assert (run.error, run.report.marked, run.report.deleted) == (None, 2, 3)
    assert not registry.blob_file(second.config.digest).exists()
    storage.stuck.clear()
    assert (await collect()).report.deleted == 1
    assert not registry.blob_file(first.config.digest).exists()
