"""Runs of garbage collection: their phases, progress, and reports."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from libs.common.web.errors import Conflict
from services.catalog.gc.holds.domain import Hold

AFTER_FAILURE = timedelta(minutes=10)
"""How long after a failed run the schedule tries again."""
MAX_FAILURES = 100
INTERRUPTED = "the process that ran it has ended"
STOPPED = "stopped by the operator"


class Phase(StrEnum):
    """What a run does at the moment."""

    REQUESTED = "requested"
    LISTING = "listing"
    DELETING = "deleting"
    MARKING = "marking"
    CONFIRMING = "confirming"
    SWEEPING = "sweeping"
    PURGING = "purging"
    DONE = "done"


class RunInProgress(Conflict):
    """Another run has not finished."""

    code = "gc_in_progress"
    title = "Another garbage collection is running; wait until it ends, or stop it"


@dataclass(slots=True)
class Report:
    """What a run found and did.

    ``manifests`` were deleted because nothing needed them. ``marked`` blobs wait for their deletion
    since this run. ``deleted`` blobs had waited long enough, and freed ``freed_bytes`` with the
    rest. ``kept`` counts doomed blobs that were needed again at their deletion. ``revived`` blobs
    live again since the run before, because a client asked for them, and ``revivals`` counts them
    since the installation. ``blobs`` and ``blob_bytes`` are those of the whole storage, when the
    run marked. ``needed`` counts the blobs that a dry run would keep, by reason: `manifest` and
    `image` and `index` (a manifest of the catalog, or named by one), `trash`, `push` (an open
    change), `marked` (by an earlier run), `unknown manifest` (exempt, because the catalog does not
    know what needs it), and `client` (asked for within the grace time). ``failures`` are
    repositories that keep their garbage, with the reason: the first `MAX_FAILURES` of them.
    ``further_failures`` is the number of the others. ``hold`` says why the run swept nothing more:
    a hold of the storage, and until when; it is empty if there was none.
    """

    blobs: int = 0
    blob_bytes: int = 0
    manifests: int = 0
    marked: int = 0
    marked_bytes: int = 0
    deleted: int = 0
    freed_bytes: int = 0
    revived: int = 0
    revivals: int = 0
    kept: int = 0
    needed: dict[str, int] = field(default_factory=dict)
    uploads: int = 0
    repositories: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    further_failures: int = 0
    hold: str = ""

    @classmethod
    def of(cls, stored: dict[str, Any]) -> "Report":
        """Return a stored report. Another version may have stored further fields."""
        return cls(**{name: stored[name] for name in cls.__slots__ if name in stored})


@dataclass(frozen=True, slots=True)
class Run:
    """A run of garbage collection.

    ``untagged_days`` and ``grace_minutes`` replace the settings if they are not None. ``done`` of
    ``total`` counts the items of the phase; a total of None is unknown. ``known_at`` is the time
    from which its marks wait. ``error`` is None if the run succeeded or has not finished.
    ``stop_requested`` is true if somebody has asked the run to end.
    """

    id: int
    phase: Phase
    is_dry: bool
    untagged_days: int | None
    grace_minutes: int | None
    started_at: datetime
    begun_at: datetime | None
    known_at: datetime | None
    finished_at: datetime | None
    done: int
    total: int | None
    report: Report
    error: str | None
    stop_requested: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is to do: how old untagged manifests must be, and how long marked blobs wait.

    With ``keep_pulled``, a manifest that was pulled within ``age`` is kept.
    """

    age: timedelta
    grace: timedelta
    keep_pulled: bool = True
    is_dry: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """The settings of garbage collection. ``every`` is None if there is no schedule."""

    age: timedelta
    grace: timedelta
    every: timedelta | None
    keep_pulled: bool = True

    def options_of(self, run: Run) -> Options:
        """Return the options of a run, which replace those of the schedule."""
        return Options(
            age=self.age if run.untagged_days is None else timedelta(days=run.untagged_days),
            grace=self.grace if run.grace_minutes is None else timedelta(minutes=run.grace_minutes),
            keep_pulled=self.keep_pulled,
            is_dry=run.is_dry,
        )


@dataclass(frozen=True, slots=True)
class Waiting:
    """Marked blobs by state: their number and bytes, and when the first of them are due."""

    doomed: int
    doomed_bytes: int
    deleting: int
    deleting_bytes: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Blobs:
    """A number of blobs, and their bytes."""

    count: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Storage:
    """The blobs in the registry's storage by state, and the runs of garbage collection.

    ``live`` is None until a run has counted the blobs. ``counted_at`` is the time of the last
    count. Later pushes are not in it. ``due_at`` is the time at which the first doomed blobs have
    waited long enough. ``next_run_at`` is None while a run is open, and if none starts by itself.
    While there are ``holds``, no blob is deleted.
    """

    live: Blobs | None
    doomed: Blobs
    deleting: Blobs
    counted_at: datetime | None
    due_at: datetime | None
    next_run_at: datetime | None
    current_run: Run | None
    last_run: Run | None
    holds: Sequence[Hold] = ()


def live_blobs(counted: Run, waiting: Waiting, *, schedule: Schedule) -> Blobs:
    """Return the blobs of the last count that are not marked.

    A run without a wait deletes its own marks after it has counted the blobs.
    """
    report, options = counted.report, schedule.options_of(counted)
    count = report.blobs - waiting.doomed - waiting.deleting
    size = report.blob_bytes - waiting.doomed_bytes - waiting.deleting_bytes
    if not options.grace and not options.is_dry:
        count, size = count - report.marked, size - report.marked_bytes
    return Blobs(max(0, count), max(0, size))


def next_start(
    *, last: Run | None, installed_at: datetime, every: timedelta | None, due_at: datetime | None
) -> datetime | None:
    """Return when the next run starts by itself, or None if no run does.

    The hours count from the last run, whoever started it. Blobs that were marked are deleted when
    their wait has ended, also without a schedule. A failed run is repeated after ten minutes.

    ``last`` is the last finished run, but for dry ones, and ``installed_at`` stands for it if there
    is none. ``every`` is the time between two runs. From ``due_at`` on, the first marked blobs have
    waited long enough.
    """
    begun_at = installed_at if last is None else last.begun_at or last.started_at
    times = [] if every is None else [begun_at + every]
    if due_at is not None:
        times.append(due_at)
    if not times:
        return None
    start = min(times)
    if last is None or last.finished_at is None:
        return start
    if last.error is None:
        # A blob that the last run did not delete, although it was due, cannot be deleted.
        is_stuck = due_at is not None and due_at <= begun_at
        return max(start, last.finished_at + AFTER_FAILURE) if is_stuck else start
    if last.error == STOPPED:
        return None if every is None else begun_at + every
    return max(start, last.finished_at + AFTER_FAILURE)
