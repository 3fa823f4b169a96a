"""Metrics of the trash (spec 13)."""

from prometheus_client import Gauge

from libs.common.db.engine import Engine
from services.catalog.trash.entries import queries

SECONDS = 15.0
"""The time between two measurements. Each replica shows the same."""

_entries = Gauge("moorage_trash_entries", "Deleted objects that can be restored")
_bytes = Gauge(
    "moorage_trash_bytes", "Bytes of the images in the trash, shared blobs counted for each"
)


async def measure(*, engine: Engine) -> None:
    """Set the gauges."""
    async with engine.connect() as tx:
        entries, size_bytes = await queries.sum_up(tx)
    _entries.set(entries)
    _bytes.set(size_bytes)
