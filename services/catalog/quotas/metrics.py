"""Metrics of quotas (spec 13)."""

from prometheus_client import Gauge

from libs.common.db.engine import Engine
from services.catalog.quotas import queries
from services.catalog.quotas.domain import CRITICAL_PERCENT, STORAGE_STATES, WARNING_PERCENT

SECONDS = 15.0
"""The time between two measurements. Each replica shows the same."""

_accounts = Gauge(
    "moorage_catalog_quota_accounts",
    "Accounts with a storage quota, by how full it is: ok, warning, critical, exceeded",
    ["state"],
)
for _state in STORAGE_STATES:
    _accounts.labels(_state)


async def measure(*, engine: Engine) -> None:
    """Set the gauge."""
    async with engine.connect() as tx:
        counts = await queries.count_states(
            tx, warning_percent=WARNING_PERCENT, critical_percent=CRITICAL_PERCENT
        )
    for state in STORAGE_STATES:
        _accounts.labels(state).set(counts.get(state, 0))
