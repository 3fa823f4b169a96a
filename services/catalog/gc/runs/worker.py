"""Starts runs of garbage collection: requested ones, scheduled ones, and those that are due."""

from libs.common.db.engine import Engine, Tx
from services.catalog.gc.runs import queries
from services.catalog.gc.runs.collection import GarbageCollector
from services.catalog.gc.runs.domain import INTERRUPTED, Run, Schedule, next_start
from services.catalog.gc.runs.metrics import count_run
from services.catalog.intents.queries import read_clock

CHANNEL = queries.CHANNEL
_LONGEST_PAUSE = 60.0


class Starter:
    """Starts one run after the other, while this process is the leader."""

    def __init__(
        self, engine: Engine, garbage_collector: GarbageCollector, schedule: Schedule
    ) -> None:
        self._engine = engine
        self._garbage_collector = garbage_collector
        self._schedule = schedule

    async def step(self) -> float:
        """Carry out the run that is requested or due. Return the seconds until the next look."""
        async with self._engine.begin() as tx:
            # Their process was the leader before this one.
            count_run(INTERRUPTED, number=await queries.end_interrupted(tx))
            run = await queries.find_open_run(tx)
            last = await queries.find_last_run(tx)
            if run is None:
                pause = await self._seconds_until_due(tx, last)
                if pause > 0:
                    return min(pause, _LONGEST_PAUSE)
                await queries.request_run(tx)
                run = await queries.find_open_run(tx)
                assert run is not None
            await queries.begin(tx, id=run.id)
        await self._garbage_collector.collect(
            run.id,
            self._schedule.options_of(run),
            revivals_before=last.report.revivals if last is not None else 0,
        )
        return 0.0

    async def _seconds_until_due(self, tx: Tx, last: Run | None) -> float:
        waiting = await queries.sum_waiting(tx, grace=self._schedule.grace)
        start = next_start(
            last=last,
            installed_at=await queries.find_installed_at(tx),
            every=self._schedule.every,
            due_at=waiting.due_at,
        )
        if start is None:
            return _LONGEST_PAUSE
        return (start - await read_clock(tx)).total_seconds()
