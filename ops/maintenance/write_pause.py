"""A pause of writes to the registry: a lease in the database.

The auth service reads the lease. For each write, the gateway requests permission from the auth
service. The holder renews the lease every few seconds. If the holder is killed, the lease expires
by itself.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.db.engine import is_unreachable
from ops.errors import OpsError
from services.catalog.gc import queries
from services.catalog.gc.domain import Phase

LASTS = timedelta(seconds=12)
"""The pause ends this long after its last renewal."""
SETTLE_SECONDS = 2.5
"""This long after a change, every auth replica has applied it, and earlier writes have finished.

A replica that receives no notification and no heartbeat for a second refuses writes by itself.
"""
_RENEW_SECONDS = 2.0
_GIVE_UP_SECONDS = 5.0
_END_SECONDS = 5.0


class WritePause:
    """A pause that its holder renews."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._active_uploads: frozenset[str] | None = None

    async def refuse_new_uploads(self, *, active_uploads: Collection[str]) -> None:
        """Refuse uploads from now on, except to the repositories with active uploads."""
        if self._active_uploads == frozenset(active_uploads):
            return
        await self._put(Phase.NEW_UPLOADS, active_uploads)
        self._active_uploads = frozenset(active_uploads)

    async def refuse_all_writes(self) -> None:
        """Refuse every write. Return when no write is in progress."""
        await self._put(Phase.ALL_WRITES, ())
        await asyncio.sleep(SETTLE_SECONDS)

    async def _put(self, phase: Phase, active_uploads: Collection[str]) -> None:
        async with self._engine.begin() as tx:
            await queries.put_pause(tx, phase=phase, active_uploads=active_uploads, lasts=LASTS)

    async def renew(self) -> None:
        """Renew the pause until cancelled.

        Raises:
            OpsError: The pause has ended, or cannot be renewed. In the second case, writes are
                still refused when this is raised.
        """
        renewed = time.monotonic()
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            now = time.monotonic()
            try:
                async with asyncio.timeout(_RENEW_SECONDS), self._engine.begin() as tx:
                    is_paused = await queries.renew_pause(tx, lasts=LASTS)
            except Exception as error:
                if not is_unreachable(error):
                    raise
                if now - renewed > _GIVE_UP_SECONDS:
                    raise OpsError(
                        "the database cannot be reached: garbage collection was stopped,"
                        " and writes are allowed again within seconds"
                    ) from None
                continue
            if not is_paused:
                raise OpsError(
                    "the write pause ended too soon: garbage collection was stopped; run it again"
                )
            renewed = now


@asynccontextmanager
async def paused_writes(
    engine: AsyncEngine, *, active_uploads: Collection[str]
) -> AsyncIterator[WritePause]:
    """Refuse new uploads while the `with` block runs, except to repositories with active uploads.

    If the pause is lost, the block is cancelled.

    Raises:
        OpsError: The pause was lost.
    """
    pause = WritePause(engine)
    await pause.refuse_new_uploads(active_uploads=active_uploads)
    try:
        async with asyncio.TaskGroup() as group:
            renewing = group.create_task(pause.renew())
            yield pause
            renewing.cancel()
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    finally:
        await asyncio.shield(_end(engine))


async def _end(engine: AsyncEngine) -> None:
    try:
        async with asyncio.timeout(_END_SECONDS), engine.begin() as tx:
            await queries.end_pause(tx)
    except Exception as error:
        if not is_unreachable(error):  # Otherwise the pause expires.
            raise
