"""Pull events and known indexes for tests of histories."""

from typing import Any

from services.events.history.domain import PullEvent
from services.events.ingest.domain import parse_event
from tests.kit.pulls.envelopes import digest_of
from tests.kit.pulls.patterns import CHILDREN

KNOWN = {
    digest_of("index"): tuple(digest_of(child) for child in CHILDREN),
    digest_of("index-of-indexes"): (digest_of("index"),),
}


def events_of(raw: list[dict[str, Any]]) -> list[PullEvent]:
    """The pull events in ``raw``, in the order of their keys, as a worker loads them."""
    parsed = [parse_event(item) for item in raw]
    return sorted(
        (
            PullEvent(
                e.event_id,
                e.at_ns,
                e.method == "HEAD",
                e.request_id,
                e.tag,
                e.digest or "",
                e.media_type,
            )
            for e in parsed
        ),
        key=lambda e: e.key,
    )
