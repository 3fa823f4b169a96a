"""The worker that completes restores whose process has ended or has given up."""

import asyncio
from datetime import UTC, datetime

import structlog

from libs.common.db.engine import Engine, is_unreachable
from libs.common.registry.errors import RegistryUnavailable
from libs.common.web.errors import MoorageError
from services.catalog.trash.restoring import queries
from services.catalog.trash.restoring.domain import GIVE_UP_AFTER, Restore, Result
from services.catalog.trash.restoring.usecases import Restorer

CHANNEL = "moorage_trash"
_BATCH = 4
_STEP_SECONDS = 20.0
"""How long one step works on an entry, so that a large one does not delay the others."""
_POLL_SECONDS = 1.0
_log = structlog.get_logger()


class RestoreWorker:
    """Goes on with restores whose lease has ended."""

    def __init__(self, engine: Engine, restorer: Restorer) -> None:
        self._engine = engine
        self._restorer = restorer

    async def step(self) -> float:
        """Work on a batch, and return the seconds until the next step."""
        async with self._engine.begin() as tx:
            taken = await queries.take_over(tx, limit=_BATCH)
        await asyncio.gather(*(self._restore(restore) for restore in taken))
        return 0.0 if taken else _POLL_SECONDS

    async def _restore(self, restore: Restore) -> None:
        """Work on one restore. A failure delays no other one."""
        try:
            async with asyncio.timeout(_STEP_SECONDS):
                await self._restorer.run(restore, Result())
        except TimeoutError:
            reason = "it takes longer"
        except (RegistryUnavailable, MoorageError) as error:
            reason = str(error)
        except Exception as error:
            if is_unreachable(error):
                raise
            _log.exception("restore failed", path=restore.path)
            reason = type(error).__name__
        else:
            _log.info("restored", path=restore.path)
            return
        _log.warning("restore goes on later", path=restore.path, reason=reason)
        if datetime.now(UTC) - restore.since > GIVE_UP_AFTER:
            async with self._engine.begin() as tx:
                await queries.give_up(tx, entry_id=restore.entry_id)
