"""Which dead letters can be replayed."""

import json
from datetime import UTC, datetime

import pytest

from services.events.dead_letters.domain import DeadLetter, NotReplayable, events_of
from services.events.ingest.domain import parse_event
from tests.kit.pulls.envelopes import event


def test_single_event_can_be_replayed() -> None:
    raw = event(tag="v1")
    assert events_of(json.dumps(raw).encode()) == (parse_event(raw),)


def test_whole_delivery_can_be_replayed() -> None:
    raw = [event(tag="v1"), event("push", tag="v1")]
    delivery = json.dumps({"events": raw}).encode()
    assert events_of(delivery) == tuple(parse_event(item) for item in raw)


@pytest.mark.parametrize("raw", [b"{", b"[" * 100_000, b"[]"])
def test_invalid_json_cannot_be_replayed(raw: bytes) -> None:
    with pytest.raises(NotReplayable):
        events_of(raw)


def test_delivery_with_an_invalid_event_cannot_be_replayed_and_three_reasons_are_given() -> None:
    invalid = [event() | {"action": f"unknown-{n}"} for n in range(5)]
    delivery = json.dumps({"events": [event(), *invalid]}).encode()
    with pytest.raises(NotReplayable) as raised:
        events_of(delivery)
    assert raised.value.detail == "; ".join(f"unknown action 'unknown-{n}'" for n in range(3))


def test_bytes_that_are_not_utf8_are_replaced() -> None:
    letter = DeadLetter(1, datetime(2026, 11, 24, tzinfo=UTC), "invalid", 3, b"a\xffb")
    assert letter.raw == "a\ufffdb"
