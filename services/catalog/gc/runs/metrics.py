"""Metrics of garbage collection: blobs and bytes by state, and runs by outcome (spec 13)."""

from prometheus_client import Counter, Gauge

from libs.common.db.engine import Tx
from services.catalog.gc.runs import queries
from services.catalog.gc.runs.domain import INTERRUPTED, STOPPED, Schedule
from services.catalog.gc.runs.usecases import get_storage

_OUTCOMES = ("done", "failed", "stopped", "interrupted")
_blobs = Gauge("moorage_storage_blobs", "Blobs in the registry's storage, by state", ["state"])
_bytes = Gauge("moorage_storage_bytes", "Bytes of these blobs", ["state"])
_runs = Counter(
    "moorage_garbage_collections_total",
    "Garbage collections that have ended in this process, by outcome",
    ["outcome"],
)
_last_success = Gauge(
    "moorage_garbage_collection_last_success_timestamp_seconds",
    "When the last successful garbage collection ended, or when Moorage was installed",
)
_last_failed = Gauge(
    "moorage_garbage_collection_last_failed",
    "1 if the last garbage collection failed, otherwise 0",
)
_interval = Gauge(
    "moorage_garbage_collection_interval_seconds",
    "The time between two scheduled garbage collections (GC_SCHEDULE_HOURS); 0 if there are none",
)
for _outcome in _OUTCOMES:
    _runs.labels(_outcome)


async def measure(tx: Tx, *, schedule: Schedule) -> None:
    """Set the gauges. Each replica shows the same.

    The blobs that are not marked are those of the last count.
    """
    storage = await get_storage(tx=tx, schedule=schedule)
    states = {"live": storage.live, "doomed": storage.doomed, "deleting": storage.deleting}
    for state, blobs in states.items():
        if blobs is not None:
            _blobs.labels(state).set(blobs.count)
            _bytes.labels(state).set(blobs.size_bytes)
    succeeded_at = await queries.find_last_success(tx) or await queries.find_installed_at(tx)
    _last_success.set(succeeded_at.timestamp())
    last = storage.last_run
    _last_failed.set(last is not None and last.error not in (None, STOPPED, INTERRUPTED))
    _interval.set(schedule.every.total_seconds() if schedule.every else 0)


def count_run(error: str | None, *, number: int = 1) -> None:
    """Count runs that have ended with ``error``; None if they succeeded."""
    outcomes = {None: "done", STOPPED: "stopped", INTERRUPTED: "interrupted"}
    _runs.labels(outcomes.get(error, "failed")).inc(number)
