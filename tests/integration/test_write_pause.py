"""The write pause of `moorage gc`: a lease. If it is lost, the collection stops."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.db import engine as db
from ops.db.postgres import EmbeddedServer
from ops.errors import OpsError
from ops.maintenance.write_pause import LASTS, paused_writes
from tests.kit.database import Database
from tests.kit.relay import relay


@pytest.fixture
async def engine(database: Database) -> AsyncIterator[AsyncEngine]:
    engine = db.create_engine(database.urls["catalog"], application_name="tests")
    yield engine
    await engine.dispose()


async def _seconds_left(database: Database) -> float:
    rows = await database.fetch("SELECT seconds FROM catalog.paused_writes")
    return float(rows[0][0]) if rows else 0.0


async def _until_renewed(database: Database) -> None:
    last = await _seconds_left(database)
    async with asyncio.timeout(10):
        while (left := await _seconds_left(database)) <= last:
            last = left
            await asyncio.sleep(0.05)


async def test_a_pause_is_renewed_until_the_collection_ends(
    database: Database, engine: AsyncEngine
) -> None:
    async def collect() -> None:
        async with paused_writes(engine, active_uploads=["team/app"]):
            assert await database.fetch(
                "SELECT FROM catalog.paused_writes"
                " WHERE phase = 'new_uploads' AND active_uploads = '{team/app}'"
            )
            await _until_renewed(database)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await collect()
    assert await _seconds_left(database) == 0


async def test_a_collection_stops_if_its_pause_has_ended(
    database: Database, engine: AsyncEngine
) -> None:
    async def collect() -> None:
        async with paused_writes(engine, active_uploads=()), asyncio.timeout(LASTS.total_seconds()):
            await database.execute("DELETE FROM catalog.write_pauses")
            await asyncio.Event().wait()

    with pytest.raises(OpsError, match="ended too soon"):
        await collect()


async def test_a_collection_stops_before_its_pause_ends_if_the_pause_cannot_be_renewed(
    database: Database, postgres_server: EmbeddedServer
) -> None:
    async with relay(postgres_server.port) as proxy:
        url = database.urls["catalog"].replace(f":{postgres_server.port}/", f":{proxy.port}/")
        cut_off = db.create_engine(url, application_name="tests")

        async def collect() -> None:
            async with paused_writes(cut_off, active_uploads=()):
                await proxy.cut()
                await asyncio.Event().wait()

        with pytest.raises(OpsError, match="cannot be reached"):
            await collect()
        # The collection has stopped while writes are still refused.
        assert await _seconds_left(database) > 0
        await cut_off.dispose()
    await database.execute("DELETE FROM catalog.write_pauses")
