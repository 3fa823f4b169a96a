"""Metrics of quotas (spec 13)."""

from prometheus_client import Gauge

from libs.common.db.engine import Tx
from services.catalog.quotas import queries
from services.catalog.quotas.domain import CRITICAL_PERCENT, STORAGE_STATES, WARNING_PERCENT

_accounts = Gauge(
    "moorage_catalog_quota_accounts",
    "Accounts with a storage quota, by how full it is: ok, warning, critical, exceeded",
    ["state"],
)
for _state in STORAGE_STATES:
    _accounts.labels(_state)


async def measure(tx: Tx) -> None:
    """Set the gauge. Each replica shows the same."""
    counts = await queries.count_states(
        tx, warning_percent=WARNING_PERCENT, critical_percent=CRITICAL_PERCENT
    )
    for state in STORAGE_STATES:
        _accounts.labels(state).set(counts.get(state, 0))
