"""A hold of the storage for as long as a command runs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.db.engine import is_unreachable
from ops.db.migrate import owner_engine
from ops.errors import OpsError
from services.catalog.gc.holds import queries
from services.catalog.gc.holds.domain import HEARTBEAT_SECONDS, LIFETIME, Hold

Check = Callable[[], Awaitable[None]]


@asynccontextmanager
async def storage_hold(owner_url: str, *, reason: str) -> AsyncIterator[Check]:
    """Keep every sweep from deleting blobs until the block ends.

    Yields:
        A function that renews the hold now. It raises OpsError if the hold has expired: then blobs
        may be gone that this command has not read yet.
    """
    engine = owner_engine(owner_url)
    try:
        async with engine.begin() as tx:
            hold = await queries.take_hold(tx, reason=reason, lifetime=LIFETIME)
        renewing = asyncio.create_task(_renew(engine, hold))
        try:
            yield lambda: _check(engine, hold)
        finally:
            renewing.cancel()
            with suppress(asyncio.CancelledError):
                await renewing
            with suppress(Exception):  # It expires by itself.
                async with engine.begin() as tx:
                    await queries.release_hold(tx, id=hold.id)
    finally:
        await engine.dispose()


async def extend_hold(owner_url: str, *, reason: str, days: int) -> Hold:
    """Take a hold that expires after ``days``, and that no process renews."""
    engine = owner_engine(owner_url)
    try:
        async with engine.begin() as tx:
            return await queries.take_hold(tx, reason=reason, lifetime=timedelta(days=days))
    finally:
        await engine.dispose()


async def _renew(engine: AsyncEngine, hold: Hold) -> None:
    """Renew until cancelled. An expired hold is found by the last check."""
    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        try:
            await _check(engine, hold)
        except OpsError:
            return
        except Exception as error:
            if not is_unreachable(error):
                raise


async def _check(engine: AsyncEngine, hold: Hold) -> None:
    async with engine.begin() as tx:
        if not await queries.renew_hold(tx, id=hold.id, lifetime=LIFETIME):
            raise OpsError(
                "the hold of the storage has expired, because the database did not answer for an"
                " hour: run the command again"
            )
