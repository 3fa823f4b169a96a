"""Collectors that have lost their run or their lease, and gates (docs/garbage-collection.md)."""

import asyncio
import uuid
from datetime import timedelta

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.storage.store import SweepEnded
from services.catalog.gc.blobs import queries as blobs
from services.catalog.gc.runs import queries
from services.catalog.gc.runs.domain import INTERRUPTED, Phase, Report
from services.catalog.gc.sweeps.usecases import sweep
from services.catalog.intents.queries import read_clock
from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.gc.clients import assert_pullable
from tests.integration.catalog.gc.conftest import Collect, is_in_phase, until
from tests.integration.catalog.gc.pausing import PausingStorage, Point
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.database import Database
from tests.kit.images import make_image
from tests.kit.waiting import soon


async def end_run(engine: AsyncEngine) -> None:
    """End the open run, as the next leader does when the one before is gone."""
    async with engine.begin() as tx:
        assert await queries.end_interrupted(tx) == 1


@pytest.mark.parametrize("point", ["claimed", "checked"])
async def test_sweep_that_has_lost_its_lease_deletes_nothing(
    emptied: Database,
    engine: AsyncEngine,
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    storage: PausingStorage,
    point: Point,
) -> None:
    """It is stopped, another replica voids its lease, a client pushes, and the sweep goes on."""
    image, garbage = make_image(), make_image()
    pusher.upload(app_repository, *image.blobs, *garbage.blobs)
    pause = storage.pause_at(point)
    run = asyncio.create_task(collect())
    await pause.reached()
    push = asyncio.create_task(pusher.put(app_repository, "v1", image.manifest))
    assert not (await asyncio.wait({push}, timeout=0.5))[0]
    await emptied.execute("UPDATE catalog.garbage_state SET leased_until = now()")
    assert (await push).status_code == 201
    pause.release()
    finished = await run
    assert (finished.report.deleted, finished.error) == (0, "the lease of the sweep has ended") or (
        finished.error == "the folder of the sweep is gone"
    )
    for blob in garbage.blobs:
        assert registry.blob_file(blob.digest).exists()
    assert (await collect()).report.deleted == 2
    assert_pullable(registry, app_repository, "v1", image)


async def test_voided_sweep_waits_anew(
    emptied: Database,
    pusher: Pusher,
    app_repository: str,
    collect: Collect,
    storage: PausingStorage,
) -> None:
    """The blobs that it left are doomed again. A run with a wait does not delete them at once."""
    pusher.upload(app_repository, *make_image().blobs)
    await collect(minutes=60)
    await emptied.execute("UPDATE catalog.garbage_runs SET known_at = now() - interval '2 hours'")
    pause = storage.pause_at("claimed")
    run = asyncio.create_task(collect(minutes=60))
    await pause.reached()
    await emptied.execute("UPDATE catalog.garbage_state SET leased_until = now()")
    await until(lambda: _has_no_deleting(emptied))
    pause.release()
    assert (await run).error is not None
    assert (await collect(minutes=60)).report.deleted == 0
    assert (await collect()).report.deleted == 2


async def _has_no_deleting(database: Database) -> bool:
    return not await database.fetch(
        "SELECT FROM catalog.garbage_blobs WHERE state = 'deleting' LIMIT 1"
    )


async def test_process_whose_run_another_one_has_ended_marks_nothing(
    engine: AsyncEngine,
    emptied: Database,
    pusher: Pusher,
    app_repository: str,
    collect: Collect,
    storage: PausingStorage,
) -> None:
    pusher.upload(app_repository, *make_image().blobs)
    pause = storage.pause_at("marking")
    run = asyncio.create_task(collect())
    await pause.reached()
    await end_run(engine)
    pause.release()
    assert (await run).error == INTERRUPTED
    assert (await collect(minutes=60)).report.marked == 2


async def test_process_whose_run_another_one_has_ended_sweeps_nothing(
    engine: AsyncEngine,
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    storage: PausingStorage,
) -> None:
    """The exemptions of a finished run are deleted, so it must not sweep any more."""
    image = make_image()
    pusher.upload(app_repository, *image.blobs)
    assert (await collect(minutes=60)).report.marked == 2
    async with engine.begin() as tx:
        run = await queries.request_run(tx)
        assert run is not None
        await blobs.exempt(tx, run=run, digests={image.config.digest: "a manifest needs it"})
        await queries.finish(tx, id=run, report=Report(), error=INTERRUPTED)
        await blobs.drop_exemptions(tx, limit=100)
        listed_at = await read_clock(tx)

    async def progress(deleted: int, kept: int, freed_bytes: int) -> None:
        raise AssertionError("a finished run has swept")

    with pytest.raises(SweepEnded):
        await sweep(
            engine=engine,
            storage=storage,
            run=run,
            listed_at=listed_at,
            grace=timedelta(0),
            per_second=0,
            progress=progress,
        )
    assert registry.blob_file(image.config.digest).exists()


async def test_sweep_waits_for_a_gate_that_is_cut_off_until_its_lease_has_ended(
    engine: AsyncEngine,
    emptied: Database,
    pusher: Pusher,
    app_repository: str,
    collect: Collect,
) -> None:
    """The gate holds a lease, and does not know the marks. It cannot renew the lease any more."""
    pusher.upload(app_repository, *make_image().blobs)
    auth = await asyncpg.connect(emptied.urls["auth"])
    gate = uuid.uuid4()
    try:
        known = await _renew(auth, gate, known=0)
        await _renew(auth, gate, known=known)
    finally:
        await auth.close()
    run = asyncio.create_task(collect())
    await until(lambda: is_in_phase(engine, Phase.CONFIRMING))
    (row,) = await emptied.fetch("SELECT leased_until FROM catalog.gates")
    finished = await run
    assert finished.report.deleted == 2
    assert finished.known_at is not None
    assert finished.known_at >= row["leased_until"] + timedelta(seconds=1)


async def test_sweep_begins_when_the_gate_has_confirmed_the_marks(
    emptied: Database,
    pusher: Pusher,
    app_repository: str,
    collect: Collect,
) -> None:
    pusher.upload(app_repository, *make_image().blobs)
    auth = await asyncpg.connect(emptied.urls["auth"])
    gate = uuid.uuid4()
    try:
        before = await _renew(auth, gate, known=0, seconds=600)
        run = asyncio.create_task(collect())
        present = await soon(
            lambda: _renew(auth, gate, known=before, seconds=600),
            lambda generation: generation > before,
            within=20,
        )
        assert not (await asyncio.wait({run}, timeout=0.5))[0]
        await _renew(auth, gate, known=present, seconds=600)
        assert (await run).report.deleted == 2
    finally:
        await auth.close()


async def _renew(
    auth: asyncpg.Connection, gate: uuid.UUID, *, known: int, seconds: float = 3.0
) -> int:
    """Renew the lease of a gate, as auth does. Return the present generation."""
    generation: int = await auth.fetchval(
        "SELECT catalog.renew_gate($1, $2, $3)", gate, known, timedelta(seconds=seconds)
    )
    return generation
