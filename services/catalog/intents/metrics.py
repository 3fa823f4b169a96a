"""Metrics of intents (spec 13)."""

from prometheus_client import Gauge

from libs.common.db.engine import Tx
from services.catalog.intents import queries

_open = Gauge(
    "moorage_catalog_intents_open", "Changes of images that the registry has not confirmed yet"
)
_oldest = Gauge("moorage_catalog_intent_oldest_seconds", "Age of the oldest of these changes")


async def measure(tx: Tx) -> None:
    """Set the gauges. Each replica shows the same."""
    number, seconds = await queries.measure_open(tx)
    _open.set(number)
    _oldest.set(seconds)
