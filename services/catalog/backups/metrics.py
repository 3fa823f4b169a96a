"""The metric of backups (spec 13)."""

from prometheus_client import Gauge

from libs.common.db.engine import Tx
from services.catalog.backups import queries

_newest = Gauge(
    "moorage_backup_last_success_timestamp_seconds",
    "When the newest successful backup began; 0 if there is none",
)


async def measure(tx: Tx) -> None:
    """Set the gauge. Each replica shows the same."""
    newest = await queries.find_newest(tx)
    _newest.set(0 if newest is None else newest.timestamp())
