"""The worker of deletions: one piece of work after the other, and patience for a registry that is away."""

import structlog

from libs.common.db.engine import Engine, Tx, is_unreachable
from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryUnavailable
from services.catalog.deletion.repositories import queries, usecases
from services.catalog.deletion.repositories.domain import Deletion
from services.catalog.deletion.tags import usecases as tag_deletion

CHANNEL = "moorage_deletions"
_BATCH = 10
_POLL_SECONDS = 1.0
_RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0)
_log = structlog.get_logger()


class Deleter:
    """Does what ``catalog.deletions`` says; it remembers nothing itself, so that a crash costs nothing but the step under way."""

    def __init__(self, engine: Engine, registry: Registry) -> None:
        self._engine = engine
        self._registry = registry
        self._is_first = True
        self._has_told = False

    async def step(self) -> float:
        """Do what is due; returns the seconds after which to look again without a notification."""
        if self._is_first:
            await self._find_abilities()
        try:
            await tag_deletion.finish_abandoned(engine=self._engine, registry=self._registry)
        except RegistryUnavailable as error:
            _log.warning("a tag's deletion is held up", reason=str(error))
        async with self._engine.connect() as tx:
            await self._tell_of_held(tx)
            due = await queries.list_unremoved(tx, limit=_BATCH) or await queries.list_releasable(
                tx, limit=_BATCH
            )
        for deletion in due:
            await self._work_on(deletion)
        return 0.0 if due else _POLL_SECONDS

    async def _work_on(self, deletion: Deletion) -> None:
        try:
            if not deletion.removed:
                await usecases.remove(
                    engine=self._engine, registry=self._registry, deletion=deletion
                )
            elif not await usecases.release(
                engine=self._engine, registry=self._registry, deletion=deletion
            ):
                await self._postpone(deletion, "the feed has not read all of it")
        except RegistryUnavailable as error:
            await self._postpone(deletion, str(error))
        except Exception as error:
            if is_unreachable(error):
                raise
            _log.exception(
                "deletion failed", kind=deletion.kind, name=deletion.name
            )  # and holds up no other
            await self._postpone(deletion, type(error).__name__)

    async def _postpone(self, deletion: Deletion, reason: str) -> None:
        wait = _RETRY_SECONDS[min(deletion.failures, len(_RETRY_SECONDS) - 1)]
        _log.warning(
            "deletion is held up",
            kind=deletion.kind,
            name=deletion.name,
            failures=deletion.failures + 1,
            reason=reason,
        )
        async with self._engine.begin() as tx:
            await queries.postpone(tx, id=deletion.id, seconds=wait)

    async def _tell_of_held(self, tx: Tx) -> None:
        """Once, for nothing happens to them until the operator says so."""
        held = [] if self._has_told else await queries.list_suspended(tx)
        self._has_told = True
        if held:
            names = [deletion.name for deletion in held[:_BATCH]]
            _log.warning(
                "deletions from before the restore are suspended: run `moorage deletions`",
                number=len(held),
                names=names,
            )

    async def _find_abilities(self) -> None:
        try:
            deletes_tags = await self._registry.deletes_tags()
        except RegistryUnavailable:
            return  # it is asked again when a tag is deleted
        self._is_first = False
        _log.info("registry's abilities", deletes_tags=deletes_tags)
