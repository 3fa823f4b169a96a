"""Retries of pushes whose tag is not visible yet."""

from services.catalog.sync.feed.retries import PushRetries
from tests.unit.catalog.sync.feed.events import event


def test_invisible_push_is_retried_soon_then_later_then_dropped() -> None:
    retries = PushRetries()
    push, visible = event(tag="v1", digest="sha256:1"), event(tag="v2", digest="sha256:1")
    assert retries.seconds_to_next(0.0, at_most=1.0) == 1.0
    retries.record(applied=[push, visible], invisible=[push], now=0.0)
    now, delays = 0.0, []
    while (delay := retries.seconds_to_next(now, at_most=60.0)) < 60.0:
        assert retries.due(now) == []
        delays.append(delay)
        now += delay
        assert retries.due(now + 0.001) == [push]
        retries.record(applied=[push], invisible=[push], now=now)
    assert delays[0] < 0.1
    assert delays == sorted(delays)
    assert 5 < now < 10


def test_visible_push_is_dropped() -> None:
    retries, push = PushRetries(), event(tag="v1", digest="sha256:1")
    retries.record(applied=[push], invisible=[push], now=0.0)
    retries.record(applied=[push], invisible=[], now=1.0)
    assert retries.due(100.0) == []
