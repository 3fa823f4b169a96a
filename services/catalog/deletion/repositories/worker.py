"""The worker that carries out deletions."""

import structlog

from libs.common.db.engine import Engine, Tx, is_unreachable
from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryUnavailable
from services.catalog.deletion.repositories import queries, steps
from services.catalog.deletion.repositories.domain import Deletion

CHANNEL = "moorage_deletions"
_BATCH = 10
_POLL_SECONDS = 1.0
_RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0)
_log = structlog.get_logger()


class Deleter:
    """Carries out the deletions of ``catalog.deletions``.

    Its state is in the database, so a crash costs nothing but the step that was running.
    """

    def __init__(self, engine: Engine, registry: Registry) -> None:
        self._engine = engine
        self._registry = registry
        self._has_logged_abilities = False
        self._has_logged_suspended = False

    async def step(self) -> float:
        """Run the due steps; return the seconds until the next call without a notification."""
        if not self._has_logged_abilities:
            await self._log_abilities()
        async with self._engine.connect() as tx:
            if not self._has_logged_suspended:
                await self._log_suspended(tx)
            due = await queries.list_to_remove(tx, limit=_BATCH)
            if not due:
                due = await queries.list_to_release(tx, limit=_BATCH)
        for deletion in due:
            await self._run(deletion)
        return 0.0 if due else _POLL_SECONDS

    async def _run(self, deletion: Deletion) -> None:
        """Run the next step of a deletion. A failure postpones this deletion only."""
        engine, registry = self._engine, self._registry
        try:
            if not deletion.removed:
                if not await steps.remove(engine=engine, registry=registry, deletion=deletion):
                    await self._postpone(deletion, "a push or deletion in it is not finished")
            elif not await steps.release(engine=engine, registry=registry, deletion=deletion):
                await self._postpone(
                    deletion, "the feed has unapplied events of it, or a change is open"
                )
        except RegistryUnavailable as error:
            await self._postpone(deletion, str(error))
        except TimeoutError:  # If the database is unreachable, the deletion is not postponed.
            await self._postpone(deletion, "a statement took too long")
        except Exception as error:
            if is_unreachable(error):
                raise
            _log.exception("deletion failed", kind=deletion.kind, name=deletion.name)
            await self._postpone(deletion, type(error).__name__)

    async def _postpone(self, deletion: Deletion, reason: str) -> None:
        seconds = _RETRY_SECONDS[min(deletion.failures, len(_RETRY_SECONDS) - 1)]
        _log.warning(
            "deletion postponed",
            kind=deletion.kind,
            name=deletion.name,
            failures=deletion.failures + 1,
            reason=reason,
        )
        async with self._engine.begin() as tx:
            await queries.postpone(tx, id=deletion.id, seconds=seconds)

    async def _log_suspended(self, tx: Tx) -> None:
        suspended = await queries.list_suspended(tx)
        self._has_logged_suspended = True
        if suspended:
            _log.warning(
                "deletions from before the restore are suspended: "
                "resume or drop each with `moorage deletions`",
                number=len(suspended),
                names=[deletion.name for deletion in suspended[:_BATCH]],
            )

    async def _log_abilities(self) -> None:
        try:
            deletes_tags = await self._registry.deletes_tags()
        except RegistryUnavailable:
            return  # the next deletion of a tag requests it again
        self._has_logged_abilities = True
        _log.info("abilities of the registry", deletes_tags=deletes_tags)
