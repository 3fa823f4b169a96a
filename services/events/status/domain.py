"""The state of the event pipeline."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Status:
    """``pending`` pull events are not counted yet. The oldest has waited for ``lag_seconds``."""

    pending: int
    lag_seconds: float
    last_event_at: datetime | None
    dead_letters: int
