"""Metrics of the pools of database connections."""

from collections.abc import Callable, Iterable
from typing import TypeVar
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.ext.asyncio import AsyncConnection

P = TypeVar("P")
_REVISION = sa.text("SELECT version_num FROM moorage.alembic_version")


class PoolMetrics(Collector):
    """Reads how many connections of each pool are in use when it is scraped."""

    def __init__(self) -> None:
        self._pools: WeakKeyDictionary[object, tuple[str, int, Callable[[], int]]] = (
            WeakKeyDictionary()
        )

    def watch(self, pool: object, *, name: str, size: int, in_use: Callable[[], int]) -> None:
        """Export ``pool`` under ``name`` until it is deleted.

        ``in_use`` must not refer to ``pool`` itself, which would keep it forever.
        """
        self._pools[pool] = (name, size, in_use)

    def collect(self) -> Iterable[Metric]:
        """Yield the gauges. Pools of one name are one pool."""
        used = GaugeMetricFamily(
            "moorage_database_connections_in_use",
            "Database connections in use, by pool",
            labels=["pool"],
        )
        largest = GaugeMetricFamily(
            "moorage_database_connections_max",
            "Most database connections that a pool can open",
            labels=["pool"],
        )
        totals: dict[str, tuple[int, int]] = {}
        for name, size, in_use in list(self._pools.values()):
            before = totals.get(name, (0, 0))
            totals[name] = before[0] + in_use(), before[1] + size
        for name, (number, size) in sorted(totals.items()):
            used.add_metric([name], number)
            largest.add_metric([name], size)
        return (used, largest)


POOLS = PoolMetrics()
"""The pools of this process."""
REGISTRY.register(POOLS)


async def get_schema_revision(tx: AsyncConnection) -> int:
    """Return the revision of the schema as a number."""
    return int((await tx.execute(_REVISION)).scalar_one())
