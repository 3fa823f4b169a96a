"""SQL of the lease of sweeps, and of the blobs that a sweep deletes."""

from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.catalog.gc.sweeps.domain import LEASE, Claimed, Lease
from services.catalog.tables import garbage_blobs, garbage_runs, garbage_state

_b, _s = garbage_blobs.c, garbage_state.c
_CLOCK = sa.func.clock_timestamp()
_EPOCH = sa.select(sa.func.catalog.epoch()).scalar_subquery()  # called once, not for each row
_HAS_ENDED = sa.or_(_s.leased_until <= _CLOCK, _s.lease_epoch.is_distinct_from(_EPOCH))
"""Whether the lease of sweeps has ended. A restored database ends it, and so does a failover."""

_CLAIM = sa.text("""
    SELECT claimed, kept, last_digest FROM catalog.claim_garbage(
        :run, :fence, :listed_at, CAST(:grace AS interval), :after_digest, :max_blobs)
""").bindparams(
    sa.bindparam("grace", type_=sa.Interval),
    sa.bindparam("listed_at", type_=sa.TIMESTAMP(timezone=True)),
)


async def take_lease(tx: Tx, *, run: int, sweep: str) -> Lease | None:
    """Take the lease of sweeps. Return None if another sweep has it or has to be voided first."""
    statement = (
        sa.update(garbage_state)
        .where(_s.leased_until <= _CLOCK, _s.sweep.is_(None))
        .values(
            fence=_s.fence + 1,
            sweep=sweep,
            run=run,
            leased_until=_CLOCK + LEASE,
            lease_epoch=_EPOCH,
        )
        .returning(_s.fence)
    )
    fence = (await tx.execute(statement)).scalar_one_or_none()
    return None if fence is None else Lease(run, fence, sweep)


async def renew_lease(tx: Tx, *, lease: Lease) -> bool:
    """Renew the lease. Return False if it has ended."""
    statement = (
        sa.update(garbage_state)
        .where(_is(lease), ~_HAS_ENDED)
        .values(leased_until=_CLOCK + LEASE)
        .returning(_s.fence)
    )
    return (await tx.execute(statement)).scalar_one_or_none() is not None


def _is(lease: Lease) -> sa.ColumnElement[bool]:
    """Compare the name too: a restored database counts its fencing numbers again."""
    return sa.and_(_s.fence == lease.fence, _s.sweep == lease.sweep)


async def read_epoch(tx: Tx) -> str:
    """Return the present epoch. It changes when the database is restored or fails over."""
    epoch: str = (await tx.execute(sa.select(_EPOCH))).scalar_one()
    return epoch


async def find_sweep(tx: Tx) -> str | None:
    """Return the name of the sweep that has the lease, or had it last and was not voided."""
    name: str | None = (await tx.execute(sa.select(_s.sweep))).scalar_one()
    return name


async def find_ended_lease(tx: Tx) -> Lease | None:
    """Return the lease that has ended, or is of another epoch, and was not given back."""
    statement = sa.select(_s.run, _s.fence, _s.sweep).where(_s.sweep.is_not(None), _HAS_ENDED)
    row = (await tx.execute(statement)).one_or_none()
    return None if row is None else Lease(row.run, row.fence, row.sweep)


async def void_lease(tx: Tx, *, lease: Lease, is_own: bool = False) -> None:
    """End a lease: blobs that it left in the state ``deleting`` are doomed, with a new wait.

    A lease that has not ended yet can be ended by its own sweep only. The sweep must have ended in
    the storage before. If the wait of the run's own marks has not begun, the wait of these blobs
    begins with it.
    """
    # In the order in which a claim locks the two rows
    run = sa.select(garbage_runs.c.id).where(garbage_runs.c.id == lease.run)
    await tx.execute(run.with_for_update(key_share=True))
    ended = sa.select(_s.fence).where(_is(lease), sa.or_(_HAS_ENDED, sa.literal(is_own)))
    if (await tx.execute(ended.with_for_update())).scalar_one_or_none() is None:
        return
    # The lock has waited for a claim of the sweep, and the next statement sees its result.
    doomed = {"state": "doomed", "fence": None, "run": lease.run}
    marks = sa.update(garbage_blobs).where(_b.state == "deleting").values(doomed)
    if (await tx.execute(marks)).rowcount:
        await tx.execute(
            sa.update(garbage_runs)
            .where(garbage_runs.c.id == lease.run, garbage_runs.c.known_at.is_not(None))
            .values(known_at=_CLOCK)
        )
    await tx.execute(
        sa.update(garbage_state).values(sweep=None, leased_until=sa.text("'-infinity'"))
    )


async def claim(
    tx: Tx, *, lease: Lease, listed_at: datetime, grace: timedelta, after: str, limit: int
) -> Claimed | None:
    """Change doomed blobs to ``deleting`` if nothing needs them.

    Returns None if the lease or the run has ended. The exemptions of a run are deleted when it
    ends, so its row is locked until this transaction ends. The wait of ``grace`` of the blobs ended
    before ``listed_at``, when the listing of the storage began. Blobs that are needed live again.
    Only digests that come after ``after`` are claimed.
    """
    is_open = sa.select(garbage_runs.c.id).where(
        garbage_runs.c.id == lease.run, garbage_runs.c.finished_at.is_(None)
    )
    if (await tx.execute(is_open.with_for_update(read=True))).one_or_none() is None:
        return None
    given = {
        "run": lease.run,
        "fence": lease.fence,
        "listed_at": listed_at,
        "grace": grace,
        "after_digest": after,
        "max_blobs": limit,
    }
    row = (await tx.execute(_CLAIM, given)).one()
    return None if row.claimed is None else Claimed(row.claimed, row.kept, row.last_digest)


async def remove_deleted(tx: Tx, *, lease: Lease, digests: Collection[str]) -> None:
    """Remove the rows of blobs that the sweep has deleted."""
    await tx.execute(
        sa.delete(garbage_blobs).where(
            _b.digest == sa.any_(sa.cast(list(digests), sa.ARRAY(sa.Text))),
            _b.state == "deleting",
            _b.fence == lease.fence,
        )
    )


async def doom_again(tx: Tx, *, lease: Lease, digests: Collection[str]) -> None:
    """Change blobs that the sweep could not delete back to ``doomed``, with the wait of its run."""
    await tx.execute(
        sa.update(garbage_blobs)
        .where(
            _b.digest == sa.any_(sa.cast(list(digests), sa.ARRAY(sa.Text))),
            _b.state == "deleting",
            _b.fence == lease.fence,
        )
        .values(state="doomed", fence=None, run=lease.run)
    )
