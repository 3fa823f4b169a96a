"""Which background task is woken for which events."""

from services.events.ingest.arrivals import Arrivals
from services.events.ingest.domain import parse_event
from tests.kit.pulls.envelopes import event


def test_pull_wakes_the_counting_workers() -> None:
    arrivals = Arrivals()
    arrivals.signal([parse_event(event(tag="v1"))])
    assert (arrivals.pulls.is_set(), arrivals.feed.is_set()) == (True, False)


def test_push_wakes_the_feed_notifier() -> None:
    arrivals = Arrivals()
    arrivals.signal([parse_event(event("push", tag="v1"))])
    assert (arrivals.pulls.is_set(), arrivals.feed.is_set()) == (False, True)


def test_delivery_without_events_wakes_no_task() -> None:
    arrivals = Arrivals()
    arrivals.signal([])
    assert (arrivals.pulls.is_set(), arrivals.feed.is_set()) == (False, False)
