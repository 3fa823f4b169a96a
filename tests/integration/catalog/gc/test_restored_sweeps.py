"""A sweep that the database does not know: it was restored from before the sweep (spec 7)."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.storage.layout import blob_data
from libs.common.storage.local import LocalStorage
from libs.common.storage.store import SweepEnded
from services.catalog.gc.runs.queries import request_run
from services.catalog.gc.sweeps import queries
from services.catalog.gc.sweeps.domain import Lease
from services.catalog.gc.sweeps.usecases import end_unknown_sweeps
from services.catalog.intents.queries import read_clock
from tests.kit.interleaving.distribution import write

_DIGEST = "sha256:" + "a" * 64


async def _no_check() -> None:
    """The stopped process has checked its lease before."""


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    """A storage with one blob."""
    write(tmp_path / blob_data(_DIGEST), b"content")
    return LocalStorage(tmp_path)


async def _take_lease(engine: AsyncEngine, sweep: str) -> Lease:
    async with engine.begin() as tx:
        run = await request_run(tx)
        assert run is not None
        lease = await queries.take_lease(tx, run=run, sweep=sweep)
    assert lease is not None
    return lease


async def test_stopped_sweep_of_before_a_restore_deletes_nothing(
    engine: AsyncEngine, storage: LocalStorage, tmp_path: Path
) -> None:
    stopped = await storage.prepare_sweep()
    await end_unknown_sweeps(engine=engine, storage=storage)
    with pytest.raises(SweepEnded):
        await storage.delete_blobs(stopped, [_DIGEST], check=_no_check)
    assert (tmp_path / blob_data(_DIGEST)).exists()


async def test_sweep_with_the_lease_goes_on(
    engine: AsyncEngine, storage: LocalStorage, tmp_path: Path
) -> None:
    lease = await _take_lease(engine, await storage.prepare_sweep())
    await end_unknown_sweeps(engine=engine, storage=storage)
    await storage.delete_blobs(lease.sweep, [_DIGEST], check=_no_check)
    assert not (tmp_path / blob_data(_DIGEST)).exists()


async def test_sweep_that_is_about_to_get_the_lease_goes_on(
    engine: AsyncEngine, storage: LocalStorage, tmp_path: Path
) -> None:
    """Another replica looks for unknown sweeps between its preparation and its lease."""
    sweep = await storage.prepare_sweep()
    ending = asyncio.create_task(end_unknown_sweeps(engine=engine, storage=storage))
    lease = await _take_lease(engine, sweep)
    await ending
    await storage.delete_blobs(lease.sweep, [_DIGEST], check=_no_check)
    assert not (tmp_path / blob_data(_DIGEST)).exists()


async def test_sweep_of_before_a_restore_does_not_have_the_lease_of_a_new_one(
    engine: AsyncEngine, storage: LocalStorage
) -> None:
    """The restored database gives its fencing number to a new sweep."""
    new = await _take_lease(engine, await storage.prepare_sweep())
    stopped = Lease(new.run, new.fence, await storage.prepare_sweep())
    async with engine.begin() as tx:
        assert not await queries.renew_lease(tx, lease=stopped)
        await queries.void_lease(tx, lease=stopped, is_own=True)
        assert await queries.renew_lease(tx, lease=new)
        listed_at = await read_clock(tx)
        claimed = await queries.claim(
            tx, lease=new, listed_at=listed_at, grace=timedelta(0), after="", limit=10
        )
    assert claimed is not None
