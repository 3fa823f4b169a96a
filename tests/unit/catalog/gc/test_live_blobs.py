"""How many blobs of the storage are live."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.catalog.gc.runs.domain import (
    Blobs,
    Phase,
    Report,
    Run,
    Schedule,
    Waiting,
    live_blobs,
)

AT = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SCHEDULE = Schedule(age=7 * DAY, grace=DAY, every=7 * DAY)
WAITING = Waiting(doomed=2, doomed_bytes=20, deleting=1, deleting_bytes=5, due_at=None)
RUN = Run(
    id=1,
    phase=Phase.DONE,
    is_dry=False,
    untagged_days=None,
    grace_minutes=None,
    started_at=AT,
    begun_at=AT,
    known_at=None,
    finished_at=AT,
    done=0,
    total=None,
    report=Report(blobs=10, blob_bytes=100, marked=4, marked_bytes=40),
    error=None,
)


def test_live_blobs_are_the_counted_ones_without_the_marked_ones() -> None:
    assert live_blobs(RUN, WAITING, schedule=SCHEDULE) == Blobs(7, 75)


def test_the_marks_of_a_run_without_a_wait_are_not_live() -> None:
    assert live_blobs(replace(RUN, grace_minutes=0), WAITING, schedule=SCHEDULE) == Blobs(3, 35)


def test_a_dry_run_without_a_wait_marks_nothing() -> None:
    dry = replace(RUN, grace_minutes=0, is_dry=True)
    assert live_blobs(dry, WAITING, schedule=SCHEDULE) == Blobs(7, 75)


def test_the_number_of_live_blobs_is_not_negative() -> None:
    few = replace(RUN, report=Report(blobs=1, blob_bytes=1))
    assert live_blobs(few, WAITING, schedule=SCHEDULE) == Blobs(0, 0)
