"""Looks up the children of indexes in the registry, for pulls that wait for them.

Lookups run beside the counting, so that a slow registry delays only the pulls that wait for it.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import structlog

from libs.common.db.engine import is_unreachable
from libs.common.db.pool import Pool
from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryUnavailable
from libs.common.registry.manifests import child_digests
from services.events.indexes import queries
from services.events.indexes.domain import GIVE_UP_AFTER, MAX_CHILDREN, ManifestRef
from services.events.ingest.arrivals import Arrivals

_CONCURRENT_LOOKUPS = 4
_log = structlog.get_logger()


class IndexLookup:
    """Requests manifests from the registry, stores their children, and resumes waiting events."""

    def __init__(self, pool: Pool, registry: Registry, arrivals: Arrivals) -> None:
        self._pool = pool
        self._registry = registry
        self._arrivals = arrivals
        self._requested: dict[ManifestRef, datetime] = {}
        self._any_requested = asyncio.Event()

    def request(self, unknown: Mapping[ManifestRef, datetime]) -> None:
        """Queue lookups. The value of each manifest is the time since when an event waits."""
        self._requested.update(unknown)
        if self._requested:
            self._any_requested.set()

    async def run(self) -> None:
        """Look up requested manifests until cancelled."""
        while True:
            await self._any_requested.wait()
            self._any_requested.clear()
            requested, self._requested = self._requested, {}
            try:
                await self._look_up(requested)
            except Exception as error:
                # The events keep waiting in the inbox. The counting worker requests the lookup
                # again when it claims them next.
                _log.warning(
                    "index lookups failed",
                    reason=type(error).__name__,
                    exc_info=not is_unreachable(error),
                )

    async def _look_up(self, requested: Mapping[ManifestRef, datetime]) -> None:
        limit = asyncio.Semaphore(_CONCURRENT_LOOKUPS)
        answers = await asyncio.gather(
            *(self._look_up_one(ref, since, limit) for ref, since in requested.items())
        )
        found = {ref: children for answer in answers for ref, children in answer.items()}
        if not found:
            return
        async with self._pool.connection() as connection, connection.transaction():
            await queries.save_children(connection, found)
            await queries.resume_events(connection, {ref.repository for ref in found})
        self._arrivals.pulls.set()

    async def _look_up_one(
        self, ref: ManifestRef, since: datetime, limit: asyncio.Semaphore
    ) -> dict[ManifestRef, tuple[str, ...] | None]:
        """Return the answer for ``ref``, or nothing if the registry is unavailable."""
        try:
            async with limit:
                return {ref: await self._find_children(ref)}
        except RegistryUnavailable as error:
            given_up = datetime.now(UTC) - since > GIVE_UP_AFTER
            _log.warning(
                "index lookup failed",
                repository=ref.repository,
                digest=ref.digest,
                reason=str(error),
                given_up=given_up,
            )
            return {ref: None} if given_up else {}

    async def _find_children(self, ref: ManifestRef) -> tuple[str, ...] | None:
        """Return the children of a manifest, or None if the registry does not have it."""
        manifest = await self._registry.find_manifest(ref.repository, ref.digest)
        return None if manifest is None else child_digests(manifest.content, limit=MAX_CHILDREN)
