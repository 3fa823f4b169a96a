"""Dead letters, as pure data, and why one may not be replayed."""

import json
from dataclasses import dataclass
from datetime import datetime

from libs.common.web.errors import Conflict
from services.events.ingest.domain import (
    Envelope,
    NotUnderstood,
    Refused,
    parse_envelope,
    parse_event,
)

SHOWN_BYTES = 4096


class NotReplayable(Conflict):
    """It is still not understood, or only its beginning was kept."""

    code, title = "not_replayable", "The dead letter is still not understood"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """``beginning`` is what is shown of its ``size`` bytes."""

    id: int
    received_at: datetime
    reason: str
    size: int
    beginning: bytes


def read_again(raw: bytes) -> Envelope:
    """What ``raw`` holds, be it a whole delivery or one event out of a list."""
    try:
        return Envelope((parse_event(json.loads(raw)),), ())
    except (NotUnderstood, ValueError, RecursionError):
        return parse_envelope(raw)


def refusal(refused: tuple[Refused, ...]) -> NotReplayable:
    """The error that tells why something of a dead letter cannot be understood."""
    return NotReplayable("; ".join(item.reason for item in refused[:3]))
