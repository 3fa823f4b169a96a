"""When garbage is collected by itself, with which options, and how many blobs are live."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.catalog.gc.runs.domain import (
    AFTER_FAILURE,
    INTERRUPTED,
    STOPPED,
    Blobs,
    Options,
    Phase,
    Report,
    Run,
    Schedule,
    Waiting,
    live_blobs,
    next_start,
)

INSTALLED = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
SCHEDULE = Schedule(age=7 * DAY, grace=DAY, every=7 * DAY)
WAITING = Waiting(doomed=2, doomed_bytes=20, deleting=1, deleting_bytes=5, due_at=None)
RUN = Run(
    id=1,
    phase=Phase.DONE,
    is_dry=False,
    untagged_days=None,
    grace_minutes=None,
    started_at=INSTALLED + DAY,
    begun_at=INSTALLED + DAY + MINUTE,
    known_at=None,
    finished_at=INSTALLED + DAY + 2 * MINUTE,
    done=0,
    total=None,
    report=Report(blobs=10, blob_bytes=100, marked=4, marked_bytes=40),
    error=None,
)
BEGUN = INSTALLED + DAY + MINUTE
FAILED = replace(RUN, error=INTERRUPTED)
STOPPED_RUN = replace(RUN, error=STOPPED)


@pytest.mark.parametrize(
    ("last", "every", "due_at", "start"),
    [
        pytest.param(None, None, None, None, id="nothing starts a run"),
        pytest.param(None, 7 * DAY, None, INSTALLED + 7 * DAY, id="hours since the installation"),
        pytest.param(RUN, 7 * DAY, None, BEGUN + 7 * DAY, id="hours since the last run"),
        pytest.param(
            replace(RUN, begun_at=None), DAY, None, INSTALLED + 2 * DAY, id="it has never begun"
        ),
        pytest.param(RUN, 7 * DAY, BEGUN + DAY, BEGUN + DAY, id="marked blobs are due before"),
        pytest.param(RUN, None, BEGUN + DAY, BEGUN + DAY, id="marked blobs without a schedule"),
        pytest.param(
            FAILED, DAY, INSTALLED, INSTALLED + DAY + 2 * MINUTE + AFTER_FAILURE, id="failed"
        ),
        pytest.param(FAILED, 7 * DAY, None, BEGUN + 7 * DAY, id="failed, and not due"),
        pytest.param(STOPPED_RUN, DAY, INSTALLED, BEGUN + DAY, id="stopped by the operator"),
        pytest.param(STOPPED_RUN, None, INSTALLED, None, id="stopped, without a schedule"),
    ],
)
def test_next_run_starts_when_it_is_due(
    last: Run | None, every: timedelta | None, due_at: datetime | None, start: datetime | None
) -> None:
    assert next_start(last=last, installed_at=INSTALLED, every=every, due_at=due_at) == start


def test_options_of_a_run_replace_the_settings() -> None:
    assert SCHEDULE.options_of(RUN) == Options(7 * DAY, DAY, is_dry=False)
    own = replace(RUN, untagged_days=0, grace_minutes=0, is_dry=True)
    assert SCHEDULE.options_of(own) == Options(timedelta(), timedelta(), is_dry=True)


def test_a_stored_report_of_another_version_is_read() -> None:
    assert Report.of({"deleted": 3, "failures": {"a": "b"}, "unknown": 1}) == Report(
        deleted=3, failures={"a": "b"}
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
