"""Dead letters, and when one can be replayed."""

import json
from dataclasses import dataclass
from datetime import datetime

from libs.common.web.errors import Conflict
from services.events.ingest.domain import (
    Envelope,
    Event,
    InvalidEvent,
    parse_envelope,
    parse_event,
)

SHOWN_BYTES = 4096
_SHOWN_REASONS = 3


class NotReplayable(Conflict):
    """The dead letter cannot be interpreted yet, or only its beginning is stored."""

    code, title = (
        "not_replayable",
        "The dead letter still cannot be interpreted; replay it after an upgrade",
    )


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A delivery or event of ``size_bytes`` bytes, of which ``beginning`` is shown."""

    id: int
    received_at: datetime
    reason: str
    size_bytes: int
    beginning: bytes

    @property
    def raw(self) -> str:
        """The beginning as text. Bytes that are not UTF-8 are replaced."""
        return self.beginning.decode("utf-8", errors="replace")


def events_of(raw: bytes) -> tuple[Event, ...]:
    """Return the events in a dead letter, which is a whole delivery or one event of a delivery.

    Raises NotReplayable if any part cannot be interpreted.
    """
    envelope = _parse(raw)
    if envelope.rejected:
        reasons = (rejected.reason for rejected in envelope.rejected[:_SHOWN_REASONS])
        raise NotReplayable("; ".join(reasons))
    return envelope.events


def _parse(raw: bytes) -> Envelope:
    try:
        return Envelope((parse_event(json.loads(raw)),), ())
    except (InvalidEvent, ValueError, RecursionError):
        return parse_envelope(raw)
