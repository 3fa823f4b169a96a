"""Effects of events become deltas of the counters."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.events.counting.domain import (
    HOUR_NS,
    Delta,
    PullHour,
    RecordedEffect,
    Recount,
    deltas_of,
    time_of,
    uses_of,
)
from services.events.history.domain import SECOND_NS, Effect, PullEvent

PULL, CHECK = RecordedEffect(Effect("pull", "v1"), 0), RecordedEffect(Effect("check", "v1"), 0)
BY_DIGEST = RecordedEffect(Effect("pull", ""), 0)
HOUR = datetime(2026, 11, 24, 6, tzinfo=UTC)
HOUR_START_NS = int(HOUR.timestamp()) * SECOND_NS


def recount(
    before: RecordedEffect | None, after: RecordedEffect | None, *, seconds: int = 0
) -> Recount:
    return Recount("team/app", "alice", HOUR_START_NS + seconds * SECOND_NS, before, after)


def counter(tag: str = "v1", *, generation: int = 0, hour: datetime = HOUR) -> PullHour:
    return PullHour("team/app", generation, hour, tag, "alice")


def test_new_pulls_and_checks_are_added() -> None:
    deltas = deltas_of([recount(None, PULL, seconds=5), recount(None, CHECK), recount(None, PULL)])
    last_pull_ns = HOUR_START_NS + 5 * SECOND_NS
    assert deltas == {counter(): Delta(pulls=2, checks=1, last_pull_ns=last_pull_ns)}


def test_pull_that_moves_to_a_tag_is_withdrawn_from_the_other_counter() -> None:
    assert deltas_of([recount(BY_DIGEST, PULL)]) == {
        counter(""): Delta(pulls=-1, withdrawn_ns=HOUR_START_NS),
        counter("v1"): Delta(pulls=1, last_pull_ns=HOUR_START_NS),
    }


def test_withdrawn_pull_that_is_replaced_still_changes_the_time_of_the_last_pull() -> None:
    (delta,) = deltas_of([recount(PULL, None, seconds=9), recount(None, PULL)]).values()
    assert (delta.pulls, delta.withdrawn_ns) == (0, HOUR_START_NS + 9 * SECOND_NS)


def test_check_that_is_withdrawn_and_added_changes_nothing() -> None:
    assert deltas_of([recount(CHECK, CHECK), recount(None, None)]) == {}


def test_each_hour_and_generation_has_its_own_counter() -> None:
    later = RecordedEffect(Effect("pull", "v1"), 7)
    deltas = deltas_of([recount(None, PULL, seconds=3600), recount(None, later)])
    assert list(deltas) == [
        counter(hour=time_of(HOUR_START_NS + HOUR_NS)),
        counter(generation=7),
    ]


@pytest.mark.parametrize(
    ("recorded", "text"),
    [
        (PULL, '{"pull": "v1"}'),
        (CHECK, '{"check": "v1"}'),
        (RecordedEffect(Effect("pull", ""), 9), '{"pull": "", "since": 9}'),
    ],
)
def test_recorded_effect_is_stored_as_json(recorded: RecordedEffect, text: str) -> None:
    assert recorded.to_json() == text
    assert RecordedEffect.from_json(text) == recorded


_effect = st.sampled_from([None, PULL, CHECK, BY_DIGEST])


@given(st.lists(st.tuples(_effect, _effect, st.integers(0, 7200)), max_size=20))
def test_deltas_are_ordered_and_add_up(
    steps: list[tuple[RecordedEffect | None, RecordedEffect | None, int]],
) -> None:
    recounts = [recount(before, after, seconds=seconds) for before, after, seconds in steps]
    deltas = deltas_of(recounts)
    assert list(deltas) == sorted(deltas)
    effects = [(item.after, 1) for item in recounts] + [(item.before, -1) for item in recounts]
    for kind in ("pull", "check"):
        expected = sum(sign for item, sign in effects if item and item.effect.kind == kind)
        totals = {"pull": sum(d.pulls for d in deltas.values())}
        totals["check"] = sum(d.checks for d in deltas.values())
        assert totals[kind] == expected


def test_uses_are_requests_of_tags_and_gets_of_digests() -> None:
    signature = f"sha256-{'a' * 64}.sig"
    events = [
        PullEvent("1", 10, True, "r1", "v1", "sha256:a", None),
        PullEvent("2", 30, False, "r2", "v1", "sha256:a", None),
        PullEvent("3", 20, False, "r3", "v1", "sha256:b", None),
        PullEvent("4", 40, True, "r4", None, "sha256:c", None),
        PullEvent("5", 50, True, "r5", signature, "sha256:d", None),
    ]
    assert uses_of(events) == {"v1": 30, "sha256:a": 30, "sha256:b": 20}
