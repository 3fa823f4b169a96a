"""Metrics of the feed (spec 13)."""

from prometheus_client import Gauge

from libs.common.db.engine import Tx
from services.catalog.sync.feed import queries

_pending = Gauge(
    "moorage_catalog_feed_pending_events",
    "Registry events that the catalog has not applied yet; at most 10,000 are counted",
)
_lag = Gauge(
    "moorage_catalog_feed_lag_seconds", "Age of the oldest event that the catalog has not applied"
)


async def measure(tx: Tx) -> None:
    """Set the gauges. Each replica shows the same."""
    pending, seconds = await queries.measure_backlog(tx, after=await queries.get_position(tx))
    _pending.set(pending)
    _lag.set(seconds)
