"""The state of the event pipeline, as pure data."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Status:
    """``pending`` pull events wait to be counted, the first of them for ``lag_seconds``; ``dead_letters`` were kept aside."""

    pending: int
    lag_seconds: float
    last_event_at: datetime | None
    dead_letters: int
