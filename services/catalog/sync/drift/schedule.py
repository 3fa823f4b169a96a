"""The scheduled comparison and repair.

A registry that crashes does not report its last pushes. The comparison finds them.
"""

import time

import structlog
from prometheus_client import Counter, Gauge

from libs.common.db.engine import Engine
from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryUnavailable
from services.catalog.sync.drift import usecases

CHANNEL = "moorage_drift"
FIRST_AFTER_SECONDS = 600.0
"""Delay of the first comparison after a start, or after this replica took over from another one.

Events may have been lost before that. The delay lets the registry deliver its queued events.
"""

_RETRY_SECONDS = 600.0
_MAX_WAIT_SECONDS = 3600.0

_found = Counter(
    "moorage_catalog_drift_found",
    "differences between catalog and registry that the scheduled comparison found",
)
_left = Gauge(
    "moorage_catalog_drift_left", "differences that the last scheduled comparison could not repair"
)
_log = structlog.get_logger()


class Schedule:
    """Compares and repairs every ``hours``."""

    def __init__(
        self,
        engine: Engine,
        registry: Registry,
        *,
        hours: float,
        first_after: float = FIRST_AFTER_SECONDS,
    ) -> None:
        self._engine = engine
        self._registry = registry
        self._every = hours * 3600
        self._first_after = min(first_after, self._every)
        self._due: float | None = None
        """None until the first step: a standby replica may wait for its first one for days."""

    async def step(self) -> float:
        """Compare and repair if it is due. Return the seconds until the next call."""
        if self._due is None:
            self._due = time.monotonic() + self._first_after
        wait = self._due - time.monotonic()
        if wait > 0:
            return min(wait, _MAX_WAIT_SECONDS)
        try:
            await self._compare_and_repair()
        except (RegistryUnavailable, usecases.NothingListed) as error:
            _log.warning(
                "catalog and registry could not be compared",
                reason=str(error) or type(error).__name__,
            )
            self._due = time.monotonic() + min(_RETRY_SECONDS, self._every)
        else:
            self._due = time.monotonic() + self._every
        return 0.0

    async def _compare_and_repair(self) -> None:
        compared = await usecases.compare(engine=self._engine, registry=self._registry)
        for difference in compared.differences:
            _log.warning(
                "catalog and registry differ",
                repository=difference.repository,
                reference=difference.reference,
                kind=difference.kind.value,
            )
        left = await usecases.repair(
            engine=self._engine, registry=self._registry, found=compared.differences
        )
        _found.inc(len(compared.differences))
        _left.set(len(left) + len(compared.failures))
        _log.info(
            "catalog and registry compared",
            repositories=compared.repositories,
            found=len(compared.differences),
            left=len(left),
            failed=len(compared.failures),
        )
