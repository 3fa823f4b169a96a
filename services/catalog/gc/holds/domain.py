"""Holds of the storage: while one is valid, no sweep deletes a blob."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LIFETIME = timedelta(hours=1)
"""How long a hold is valid after its last heartbeat."""
HEARTBEAT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Hold:
    """Forbids sweeping until ``expires_at``. ``reason`` says what needs the blobs."""

    id: int
    reason: str
    begun_at: datetime
    expires_at: datetime

    def __str__(self) -> str:
        until = self.expires_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
        return f"{self.reason}, until {until} at the latest"
