"""Metrics of the event pipeline (spec 13)."""

from prometheus_client import Gauge

from libs.common.db.engine import Tx
from services.events.status import queries

_pending = Gauge("moorage_events_pending", "Pull events that are not counted yet")
_dead_letters = Gauge(
    "moorage_events_dead_letters_waiting",
    "Deliveries and events that cannot be interpreted, and that nobody has replayed or deleted",
)


async def measure(tx: Tx) -> None:
    """Set the gauges. Each replica shows the same."""
    status = await queries.get_status(tx)
    _pending.set(status.pending)
    _dead_letters.set(status.dead_letters)
