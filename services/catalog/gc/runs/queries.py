"""SQL of the runs of garbage collection."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert

from libs.common.db.engine import Tx
from services.catalog.gc.runs.domain import INTERRUPTED, Phase, Report, Run, Waiting
from services.catalog.tables import accounts, garbage_blobs, garbage_runs

CHANNEL = "moorage_garbage"
_g, _b = garbage_runs.c, garbage_blobs.c
_CLOCK = sa.func.clock_timestamp()
_EPOCH = sa.select(sa.func.catalog.epoch()).scalar_subquery()  # called once, not for each row
_IS_OPEN = _g.finished_at.is_(None)
_KEPT_FOR = timedelta(days=365)


async def request_run(
    tx: Tx,
    *,
    is_dry: bool = False,
    untagged_days: int | None = None,
    grace_minutes: int | None = None,
) -> int | None:
    """Request a run and return its id, or None if another one is open."""
    await tx.execute(
        sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended("moorage gc request", 0)))
    )
    if (await tx.execute(sa.select(sa.exists().where(_IS_OPEN)))).scalar_one():
        return None
    statement = (
        insert(garbage_runs)
        .values(is_dry=is_dry, untagged_days=untagged_days, grace_minutes=grace_minutes)
        .returning(_g.id)
    )
    return int((await tx.execute(statement)).scalar_one())


async def find_run(tx: Tx, *, id: int) -> Run | None:
    """Return a run, or None if it does not exist."""
    row = (await tx.execute(sa.select(garbage_runs).where(_g.id == id))).one_or_none()
    return None if row is None else _run(row)


async def find_open_run(tx: Tx) -> Run | None:
    """Return the run that is requested or running."""
    statement = sa.select(garbage_runs).where(_IS_OPEN).order_by(_g.id).limit(1)
    row = (await tx.execute(statement)).one_or_none()
    return None if row is None else _run(row)


async def find_last_run(tx: Tx) -> Run | None:
    """Return the finished run that was started last. Dry ones do not count."""
    statement = sa.select(garbage_runs).where(~_IS_OPEN, ~_g.is_dry).order_by(_g.id.desc()).limit(1)
    row = (await tx.execute(statement)).one_or_none()
    return None if row is None else _run(row)


async def find_last_success(tx: Tx) -> datetime | None:
    """Return when the last run ended that succeeded. Dry ones do not count."""
    statement = sa.select(sa.func.max(_g.finished_at)).where(_g.error.is_(None), ~_g.is_dry)
    found: datetime | None = (await tx.execute(statement)).scalar_one()
    return found


async def find_last_count(tx: Tx) -> Run | None:
    """Return the finished run that counted the blobs of the storage last, a dry one too."""
    has_count = _g.report["blobs"].as_integer() > 0
    statement = sa.select(garbage_runs).where(~_IS_OPEN, has_count).order_by(_g.id.desc()).limit(1)
    row = (await tx.execute(statement)).one_or_none()
    return None if row is None else _run(row)


async def request_stop(tx: Tx) -> int | None:
    """Ask the open run to end. Return its id, or None if no run is open."""
    statement = sa.update(garbage_runs).where(_IS_OPEN).values(stop_requested=True).returning(_g.id)
    stopped: int | None = (await tx.execute(statement)).scalars().first()
    return stopped


async def withdraw_request(tx: Tx, *, id: int) -> bool:
    """Delete the request of a run unless the worker has begun with it. Return whether it did not.

    To the schedule it is as if nobody had requested the run.
    """
    statement = (
        sa.delete(garbage_runs).where(_g.id == id, _IS_OPEN, _g.begun_at.is_(None)).returning(_g.id)
    )
    return (await tx.execute(statement)).scalar_one_or_none() is not None


async def is_stop_requested(tx: Tx, *, id: int) -> bool:
    """Return whether the operator has asked the run to end, or another process has ended it."""
    statement = sa.select(sa.or_(_g.stop_requested, ~_IS_OPEN)).where(_g.id == id)
    return bool((await tx.execute(statement)).scalar_one())


async def begin(tx: Tx, *, id: int) -> None:
    """Record that the worker begins with the run."""
    await tx.execute(
        sa.update(garbage_runs)
        .where(_g.id == id)
        .values(begun_at=_CLOCK, phase=Phase.LISTING.value)
    )


async def end_interrupted(tx: Tx) -> int:
    """End the runs that have begun and whose process is gone. Return their number."""
    statement = (
        sa.update(garbage_runs)
        .where(_IS_OPEN, _g.begun_at.is_not(None))
        .values(finished_at=_CLOCK, error=INTERRUPTED)
    )
    return int((await tx.execute(statement)).rowcount)


async def record_progress(
    tx: Tx, *, id: int, phase: Phase, done: int, total: int | None, report: Report
) -> bool:
    """Store how far the run is. Return whether it is to go on."""
    values = {"phase": phase.value, "done": done, "total": total, "report": asdict(report)}
    statement = (
        sa.update(garbage_runs)
        .where(_g.id == id, _IS_OPEN)
        .values(values)
        .returning(~_g.stop_requested)
    )
    return bool((await tx.execute(statement)).scalar_one_or_none())


async def finish(tx: Tx, *, id: int, report: Report, error: str | None) -> None:
    """Record the end of the run, and the epoch in which it has listed the storage.

    The epoch says that the catalog knows all repositories but ``failures``. So it is left out if
    there are more of them.
    """
    epoch = sa.func.jsonb_build_object("epoch", sa.func.catalog.epoch())
    if report.further_failures:
        epoch = sa.func.jsonb_build_object()
    values = {
        "finished_at": _CLOCK,
        "phase": Phase.DONE.value,
        "report": sa.literal(asdict(report), JSONB).op("||")(epoch),
        "error": error,
        "manifests_deleted": report.manifests,
        "freed_bytes": report.freed_bytes,
    }
    await tx.execute(sa.update(garbage_runs).where(_g.id == id, _IS_OPEN).values(values))


async def delete_old(tx: Tx) -> None:
    """Delete runs that finished long ago and whose marks are gone."""
    has_marks = sa.exists().where(_b.run == _g.id)
    await tx.execute(sa.delete(garbage_runs).where(_g.finished_at < _CLOCK - _KEPT_FOR, ~has_marks))


async def count_revivals(tx: Tx) -> int:
    """Return how many blobs have been revived since the installation."""
    statement = sa.text(
        "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM catalog.revivals"
    )
    return int((await tx.execute(statement)).scalar_one())


async def sum_waiting(tx: Tx, *, grace: timedelta) -> Waiting:
    """Return the marked blobs by state, and when the first of them have waited for ``grace``."""
    doomed, deleting = _b.state == "doomed", _b.state == "deleting"
    statement = (
        sa.select(
            sa.func.count().filter(doomed),
            sa.func.coalesce(sa.func.sum(_b.size_bytes).filter(doomed), 0),
            sa.func.count().filter(deleting),
            sa.func.coalesce(sa.func.sum(_b.size_bytes).filter(deleting), 0),
            sa.func.min(_g.known_at).filter(doomed) + grace,
        )
        .select_from(garbage_blobs.join(garbage_runs, _g.id == _b.run))
        .where(_b.epoch == _EPOCH)
    )
    row = (await tx.execute(statement)).one()
    return Waiting(row[0], int(row[1]), row[2], int(row[3]), row[4])


async def find_installed_at(tx: Tx) -> datetime:
    """Return when the first account was created; now if there is none."""
    oldest = sa.select(sa.func.min(accounts.c.created_at)).scalar_subquery()
    found: datetime = (
        await tx.execute(sa.select(sa.func.coalesce(oldest, sa.func.now())))
    ).scalar_one()
    return found


def _run(row: Any) -> Run:
    return Run(
        id=row.id,
        phase=Phase(row.phase),
        is_dry=row.is_dry,
        untagged_days=row.untagged_days,
        grace_minutes=row.grace_minutes,
        started_at=row.started_at,
        begun_at=row.begun_at,
        known_at=row.known_at,
        finished_at=row.finished_at,
        done=row.done,
        total=row.total,
        report=Report.of(row.report),
        error=row.error,
        stop_requested=row.stop_requested,
    )
