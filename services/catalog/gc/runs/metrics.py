"""Metrics of garbage collection: blobs and bytes by state, and runs by outcome (spec 13)."""

from prometheus_client import Counter, Gauge

from libs.common.db.engine import Engine
from services.catalog.gc.runs.domain import INTERRUPTED, STOPPED, Schedule
from services.catalog.gc.runs.usecases import get_storage

SECONDS = 15.0
"""The time between two measurements. Each replica shows the same."""

_OUTCOMES = ("done", "failed", "stopped", "interrupted")
_blobs = Gauge("moorage_storage_blobs", "Blobs in the registry's storage, by state", ["state"])
_bytes = Gauge("moorage_storage_bytes", "Bytes of these blobs", ["state"])
_runs = Counter(
    "moorage_garbage_collections_total",
    "Garbage collections that have ended in this process, by outcome",
    ["outcome"],
)
for _outcome in _OUTCOMES:
    _runs.labels(_outcome)


async def measure(*, engine: Engine, schedule: Schedule) -> None:
    """Set the gauges. The blobs that are not marked are those of the last count."""
    async with engine.connect() as tx:
        storage = await get_storage(tx=tx, schedule=schedule)
    states = {"live": storage.live, "doomed": storage.doomed, "deleting": storage.deleting}
    for state, blobs in states.items():
        if blobs is not None:
            _blobs.labels(state).set(blobs.count)
            _bytes.labels(state).set(blobs.size_bytes)


def count_run(error: str | None, *, number: int = 1) -> None:
    """Count runs that have ended with ``error``; None if they succeeded."""
    outcomes = {None: "done", STOPPED: "stopped", INTERRUPTED: "interrupted"}
    _runs.labels(outcomes.get(error, "failed")).inc(number)
