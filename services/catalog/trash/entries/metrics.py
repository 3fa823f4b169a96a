"""Metrics of the trash (spec 13)."""

from prometheus_client import Gauge

from libs.common.db.engine import Tx
from services.catalog.trash.entries import queries

_entries = Gauge("moorage_trash_entries", "Deleted objects that can be restored")
_bytes = Gauge(
    "moorage_trash_bytes", "Bytes of the images in the trash, shared blobs counted for each"
)


async def measure(tx: Tx) -> None:
    """Set the gauges. Each replica shows the same."""
    entries, size_bytes = await queries.sum_up(tx)
    _entries.set(entries)
    _bytes.set(size_bytes)
