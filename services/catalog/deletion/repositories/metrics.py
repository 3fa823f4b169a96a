"""Metrics of the deletions of repositories and namespaces (spec 13)."""

from prometheus_client import Gauge

from libs.common.db.engine import Tx
from services.catalog.deletion.repositories import queries

_deletions = Gauge(
    "moorage_catalog_deletions",
    "Deletions of repositories and namespaces, by state: waiting until the object is removed, "
    "reserved until its name is free, and suspended since the database was restored",
    ["state"],
)
_oldest = Gauge(
    "moorage_catalog_deletion_oldest_seconds",
    "Age of the oldest deletion whose object is not removed yet",
)


async def measure(tx: Tx) -> None:
    """Set the gauges. Each replica shows the same."""
    backlog = await queries.measure_backlog(tx)
    _deletions.labels("waiting").set(backlog.waiting)
    _deletions.labels("reserved").set(backlog.reserved)
    _deletions.labels("suspended").set(backlog.suspended)
    _oldest.set(backlog.oldest_seconds)
