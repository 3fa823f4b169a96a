"""The worker that resolves intents whose process has ended or has given up.

An outcome can be unknown: a process was killed, or the registry did not answer. The registry may
still carry out the old request later, so reading it does not decide. The worker repeats the call
until the registry confirms it.

A manifest can be one that the registry never processes: it answers 500 each time. Such a push is
given up after an hour. Otherwise its tag could never be pushed again, and its repository never be
deleted. The feed and the comparison then record what the registry has.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

import structlog
from prometheus_client import Counter

from libs.common.db.engine import Engine, is_unreachable
from libs.common.registry.errors import RegistryRefused, RegistryUnavailable
from services.catalog.intents import queries
from services.catalog.intents.domain import GIVE_UP_AFTER, Intent, Kind

CHANNEL = "moorage_intents"
Resolve = Callable[[Intent], Awaitable[None]]
"""Repeats the call of an intent, and resolves it. Raises RegistryUnavailable."""

_BATCH = 20
_POLL_SECONDS = 1.0
_log = structlog.get_logger()
_resolved = Counter(
    "moorage_catalog_intents_taken_over",
    "changes of images that another process had begun and this one has completed",
)


class Resolver:
    """Resolves intents whose lease has ended, with the function for their kind."""

    def __init__(self, engine: Engine, resolve: Mapping[Kind, Resolve]) -> None:
        self._engine = engine
        self._resolve = resolve

    async def step(self) -> float:
        """Resolve a batch, and return the seconds until the next step."""
        async with self._engine.begin() as tx:
            taken = await queries.take_over(tx, kinds=self._resolve.keys(), limit=_BATCH)
            await queries.delete_old(tx)
        await asyncio.gather(*(self._resolve_one(intent) for intent in taken))
        return 0.0 if len(taken) == _BATCH else _POLL_SECONDS

    async def _resolve_one(self, intent: Intent) -> None:
        """Resolve one intent. A failure leaves it open, and delays no other."""
        change = intent.change
        try:
            await self._resolve[change.kind](intent)
        except RegistryUnavailable as error:
            is_answered = isinstance(error, RegistryRefused) and error.status >= 500
            _log.warning(
                "intent not resolved, will retry",
                kind=change.kind.value,
                repository=change.repository,
                reason=str(error),
            )
        except Exception as error:
            if is_unreachable(error):
                raise
            is_answered = True
            _log.exception(
                "intent not resolved", kind=change.kind.value, repository=change.repository
            )
        else:
            _resolved.inc()
            return
        if (
            is_answered
            and change.kind in (Kind.PUT_MANIFEST, Kind.RESTORE, Kind.COPY)
            and datetime.now(UTC) - intent.started_at > GIVE_UP_AFTER
        ):
            await self._give_up(intent)

    async def _give_up(self, intent: Intent) -> None:
        change = intent.change
        async with self._engine.begin() as tx:
            await queries.lock_repositories(tx, paths=[change.repository])
            await queries.resolve(tx, id=intent.id)
        _log.error("push given up", repository=change.repository, digest=change.digest)
