"""When the next garbage collection starts, and what a stored report contains."""

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest

from services.catalog.gc.runs.domain import (
    AFTER_FAILURE,
    INTERRUPTED,
    STOPPED,
    Phase,
    Report,
    Run,
    Schedule,
    next_start,
)

INSTALLED = datetime(2026, 11, 1, tzinfo=UTC)
BEGUN = datetime(2026, 11, 20, 3, tzinfo=UTC)
DUE = datetime(2026, 11, 21, 4, tzinfo=UTC)
WEEK = timedelta(days=7)
LAST = Run(
    id=1,
    phase=Phase.DONE,
    is_dry=False,
    untagged_days=None,
    grace_minutes=None,
    started_at=BEGUN - timedelta(seconds=1),
    begun_at=BEGUN,
    known_at=None,
    finished_at=BEGUN + timedelta(hours=1),
    done=0,
    total=None,
    report=Report(),
    error=None,
)


def start(
    *, last: Run | None = LAST, every: timedelta | None = WEEK, due_at: datetime | None = None
) -> datetime | None:
    return next_start(last=last, installed_at=INSTALLED, every=every, due_at=due_at)


def test_schedule_counts_from_the_last_run_or_from_the_installation() -> None:
    assert start() == BEGUN + WEEK
    assert start(last=None) == INSTALLED + WEEK
    assert start(last=replace(LAST, begun_at=None)) == LAST.started_at + WEEK


def test_marked_blobs_are_deleted_when_their_wait_has_ended() -> None:
    assert start(due_at=DUE) == DUE
    assert start(due_at=DUE, every=None) == DUE


def test_blob_that_cannot_be_deleted_starts_no_run_at_once() -> None:
    assert LAST.finished_at is not None
    assert start(due_at=BEGUN) == LAST.finished_at + AFTER_FAILURE


def test_without_schedule_and_marks_no_run_starts_by_itself() -> None:
    assert start(every=None) is None


@pytest.mark.parametrize("error", [INTERRUPTED, "the storage failed"])
def test_failed_run_is_repeated_after_a_pause(error: str) -> None:
    failed = replace(LAST, error=error)
    assert failed.finished_at is not None
    earliest = failed.finished_at + AFTER_FAILURE
    assert start(last=failed, due_at=BEGUN) == earliest
    assert start(last=failed, due_at=DUE) == DUE


def test_run_that_the_operator_has_stopped_is_repeated_by_the_schedule_only() -> None:
    stopped = replace(LAST, error=STOPPED)
    assert start(last=stopped, due_at=DUE) == BEGUN + WEEK
    assert start(last=stopped, due_at=DUE, every=None) is None


def test_report_survives_storing_and_fields_of_a_later_version() -> None:
    report = Report(manifests=2, failures={"team/app": "damaged"})
    assert Report.of(asdict(report) | {"unknown": 1}) == report


def test_options_of_a_run_replace_those_of_the_schedule() -> None:
    schedule = Schedule(age=WEEK, grace=timedelta(days=1), every=None)
    options = schedule.options_of(LAST)
    assert (options.age, options.grace) == (WEEK, timedelta(days=1))
    options = schedule.options_of(replace(LAST, untagged_days=0, grace_minutes=5, is_dry=True))
    assert (options.age, options.grace, options.is_dry) == (
        timedelta(),
        timedelta(minutes=5),
        True,
    )
