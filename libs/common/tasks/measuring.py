"""Measures the database for metrics, in each replica."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from prometheus_client import Gauge

from libs.common.db.connections import get_schema_revision
from libs.common.db.engine import Engine, Tx, is_unreachable

SECONDS = 15.0
"""The time between two measurements."""
LIMIT_SECONDS = 10.0
"""The time that one measurement may take."""

Measure = Callable[[Tx], Awaitable[None]]
"""Reads something and sets its gauges."""

_is_up = Gauge("moorage_database_up", "1 if this process reached PostgreSQL at its last attempt")
_revision = Gauge("moorage_database_schema_revision", "Revision of the database schema")
_log = structlog.get_logger()


class Measurements:
    """Runs each of ``measures`` every ``SECONDS``, and sets the gauges of the database itself.

    While the database is unreachable, the other gauges keep their values. An outage is no failure
    of this work, so it does not count as a restart of background work.
    """

    def __init__(self, engine: Engine, *measures: Measure) -> None:
        self._engine = engine
        self._measures = measures

    async def run(self) -> None:
        """Measure until cancelled."""
        while True:
            await self.measure()
            await asyncio.sleep(SECONDS)

    async def measure(self) -> None:
        """Measure everything once."""
        _is_up.set(await self._attempt(_measure_revision))
        for measure in self._measures:
            await self._attempt(measure)

    async def _attempt(self, measure: Measure) -> bool:
        """Return whether the measurement succeeded."""
        try:
            async with asyncio.timeout(LIMIT_SECONDS), self._engine.connect() as tx:
                await measure(tx)
        except Exception as error:
            _log.warning(
                "measurement for the metrics failed",
                measurement=measure.__module__,
                reason=type(error).__name__,
                exc_info=not is_unreachable(error),
            )
            return False
        return True


async def _measure_revision(tx: Tx) -> None:
    _revision.set(await get_schema_revision(tx))
