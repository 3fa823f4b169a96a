"""Looks up indexes whose children nobody has told us yet, beside the counting, so that a slow registry holds up only their pulls."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import structlog

from libs.common.db.engine import is_unreachable
from libs.common.db.pool import Pool
from libs.common.registry.client import Registry, RegistryUnavailable
from libs.common.registry.manifests import child_digests
from services.events.counting import indexes, queries
from services.events.counting.queries import Pair
from services.events.feed.wakeup import Wakeup

GIVE_UP_AFTER = timedelta(minutes=5)
"""A pull that waited so long for an index is counted as if that had no children."""

_AT_ONCE = 4
_log = structlog.get_logger()


class Lookups:
    """Asks ``registry`` for what is wanted, remembers the answers in the database, and lets the events that waited go on."""

    def __init__(self, pool: Pool, registry: Registry, wakeup: Wakeup) -> None:
        self._pool = pool
        self._registry = registry
        self._wakeup = wakeup
        self._wanted: dict[Pair, datetime] = {}
        self._any = asyncio.Event()

    def want(self, unknown: Mapping[Pair, datetime]) -> None:
        """Ask for the children of ``unknown``, each with the time since when an event waits for it."""
        self._wanted.update(unknown)
        if self._wanted:
            self._any.set()

    async def run(self) -> None:
        """Look up until cancelled."""
        while True:
            await self._any.wait()
            self._any.clear()
            wanted, self._wanted = self._wanted, {}
            try:
                await self._look_up(wanted)
            except Exception as error:
                # The events wait on in the inbox, and their next turn asks again.
                _log.warning(
                    "indexes could not be looked up",
                    reason=type(error).__name__,
                    exc_info=not is_unreachable(error),
                )

    async def _look_up(self, wanted: Mapping[Pair, datetime]) -> None:
        limit = asyncio.Semaphore(_AT_ONCE)
        answers = await asyncio.gather(
            *(self._ask(pair, since, limit) for pair, since in wanted.items())
        )
        found = {pair: children for answer in answers for pair, children in answer.items()}
        if not found:
            return
        async with self._pool.connection() as connection, connection.transaction():
            await indexes.save_children(connection, found)
            await queries.resume(connection, {repository for repository, _ in found})
        self._wakeup.pulls.set()

    async def _ask(
        self, pair: Pair, since: datetime, limit: asyncio.Semaphore
    ) -> dict[Pair, tuple[str, ...] | None]:
        try:
            async with limit:
                return {pair: await self._find_children(pair)}
        except RegistryUnavailable as error:
            given_up = datetime.now(UTC) - since > GIVE_UP_AFTER
            _log.warning(
                "an index could not be looked up",
                repository=pair[0],
                digest=pair[1],
                reason=str(error),
                given_up=given_up,
            )
            return {pair: None} if given_up else {}

    async def _find_children(self, pair: Pair) -> tuple[str, ...] | None:
        """The children of an index; none if it is another manifest, None if the registry does not have it."""
        fetched = await self._registry.find_manifest(*pair)
        return (
            None if fetched is None else child_digests(fetched.content, limit=indexes.MAX_CHILDREN)
        )
