"""Refuses writes to the registry for as long as this lives: a lease in the database, which the auth service asks the gateway to keep to.

It is renewed every few seconds and ends by itself a few seconds after whoever holds it was killed.
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
SETTLE_SECONDS = 2.5
"""Until then every replica of the auth service has heard of the change or refuses writes (services/auth/writes: one second without word
from the database), and what was let through before is done."""
_RENEW_SECONDS = 2.0
_GIVE_UP_SECONDS = 5.0


class WritePause:
    """The lease that is held."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._active_uploads: frozenset[str] | None = None

    async def refuse_new_uploads(self, *, active_uploads: Collection[str]) -> None:
        """From now on only the pushes to these repositories, which have begun, may go on."""
        if self._active_uploads == frozenset(active_uploads):
            return
        await self._put(Phase.NEW_UPLOADS, active_uploads)
        self._active_uploads = frozenset(active_uploads)

    async def refuse_all_writes(self) -> None:
        """Return when nothing is written any more."""
        await self._put(Phase.ALL_WRITES, ())
        await asyncio.sleep(SETTLE_SECONDS)

    async def _put(self, phase: Phase, active_uploads: Collection[str]) -> None:
        async with self._engine.begin() as tx:
            await queries.put_pause(tx, phase=phase, active_uploads=active_uploads, lasts=LASTS)

    async def keep(self) -> None:
        """Renew it until cancelled; raises OpsError when it cannot be, before others may think that it has ended."""
        renewed = time.monotonic()
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            now = time.monotonic()
            try:
                async with asyncio.timeout(_RENEW_SECONDS), self._engine.begin() as tx:
                    held = await queries.renew_pause(tx, lasts=LASTS)
            except Exception as error:
                if not is_unreachable(error):
                    raise
                if now - renewed > _GIVE_UP_SECONDS:
                    raise OpsError(
                        "the database cannot be reached: writes are open again, and the collection was stopped"
                    ) from None
                continue
            if not held:
                raise OpsError(
                    "the pause of writes has ended before its time, and the collection was stopped"
                )
            renewed = now


@asynccontextmanager
async def paused_writes(
    engine: AsyncEngine, *, active_uploads: Collection[str]
) -> AsyncIterator[WritePause]:
    """Hold a pause that at first lets the pushes to these repositories go on; whatever runs in it is cancelled when the pause is lost."""
    pause = WritePause(engine)
    await pause.refuse_new_uploads(active_uploads=active_uploads)
    try:
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(pause.keep())
            yield pause
            keeping.cancel()
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    finally:
        await asyncio.shield(_end(engine))


async def _end(engine: AsyncEngine) -> None:
    try:
        async with asyncio.timeout(5), engine.begin() as tx:
            await queries.end_pause(tx)
    except Exception as error:
        if not is_unreachable(error):  # else it ends by itself
            raise
