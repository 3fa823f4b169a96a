"""While a backup or a copy has a hold of the storage, no sweep deletes a blob (spec 13)."""

import asyncio
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.gc.holds import queries
from services.catalog.gc.holds.domain import LIFETIME, Hold
from services.catalog.gc.runs.domain import Phase
from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.gc.conftest import Collect, is_in_phase, until
from tests.integration.catalog.gc.pausing import PausingStorage
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.database import Database
from tests.kit.images import make_image


async def take(engine: AsyncEngine, lifetime: timedelta = LIFETIME) -> Hold:
    """Take a hold, as a backup does."""
    async with engine.begin() as tx:
        return await queries.take_hold(tx, reason="a backup", lifetime=lifetime)


async def release(engine: AsyncEngine, hold: Hold) -> None:
    """Release a hold, as a backup does at its end."""
    async with engine.begin() as tx:
        assert await queries.release_hold(tx, id=hold.id)


async def test_no_blob_is_swept_until_the_hold_is_released(
    engine: AsyncEngine, pusher: Pusher, registry: RegistryUnderTest, app_repository: str,
    collect: Collect, emptied: Database,
) -> None:  # fmt: skip
    image = make_image()
    pusher.upload(app_repository, *image.blobs)
    hold = await take(engine)
    run = await collect()
    assert (run.error, run.report.marked, run.report.deleted) == (None, 2, 0)
    assert run.report.hold.startswith("a backup, until ")
    for blob in image.blobs:
        assert registry.blob_file(blob.digest).exists()
    await release(engine, hold)
    run = await collect()
    assert (run.report.deleted, run.report.hold) == (2, "")


async def test_expired_hold_forbids_nothing(
    engine: AsyncEngine, pusher: Pusher, app_repository: str, collect: Collect, emptied: Database
) -> None:
    pusher.upload(app_repository, *make_image().blobs)
    hold = await take(engine, timedelta(0))
    async with engine.begin() as tx:
        assert not await queries.renew_hold(tx, id=hold.id, lifetime=LIFETIME)
    assert (await collect()).report.deleted == 2


async def test_hold_in_the_middle_of_a_sweep_stops_its_next_claim(
    engine: AsyncEngine, pusher: Pusher, app_repository: str, collect: Collect,
    storage: PausingStorage, emptied: Database,
) -> None:  # fmt: skip
    """The sweep has listed the storage, and its wait has ended, when the backup begins."""
    pusher.upload(app_repository, *make_image().blobs)
    assert (await collect(minutes=60)).report.marked == 2
    await emptied.execute("UPDATE catalog.garbage_runs SET known_at = now() - interval '2 hours'")
    pause = storage.pause_at("listed")
    run = asyncio.create_task(collect(minutes=60))
    await pause.reached()
    hold = await take(engine)
    pause.release()
    assert (await run).report.deleted == 0
    await release(engine, hold)
    assert (await collect(minutes=60)).report.deleted == 2


async def test_hold_waits_for_an_open_claim_and_a_claim_for_an_open_hold(
    engine: AsyncEngine, pusher: Pusher, app_repository: str, collect: Collect, emptied: Database
) -> None:
    """A claim that began before the commit of the hold, and decides after it, claims nothing."""
    pusher.upload(app_repository, *make_image().blobs)
    async with engine.begin() as tx:
        hold = await queries.take_hold(tx, reason="a backup", lifetime=LIFETIME)
        run = asyncio.create_task(collect())
        await until(lambda: is_in_phase(engine, Phase.SWEEPING), within=40)
        assert not (await asyncio.wait({run}, timeout=0.5))[0]
    assert (await run).report.deleted == 0
    await release(engine, hold)
    # The claim is open: a statement of another session holds its lock.
    async with engine.begin() as tx:
        await tx.exec_driver_sql("SELECT FROM catalog.garbage_state FOR SHARE")
        taking = asyncio.create_task(take(engine))
        assert not (await asyncio.wait({taking}, timeout=0.5))[0]
    await release(engine, await taking)
