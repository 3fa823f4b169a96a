"""The response of ``/events/status``."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from services.events.status.domain import Status


class StatusOut(BaseModel):
    """How far the counting of events is."""

    pending: int = Field(description="pull events that are not counted yet", examples=[0])
    lag_seconds: float = Field(description="how long the first of them has waited", examples=[0.0])
    last_event_at: datetime | None = Field(
        description="when the registry last delivered an event; null: never, or long ago"
    )
    dead_letters: int = Field(
        description="deliveries that were not understood and kept aside", examples=[0]
    )

    @classmethod
    def of(cls, status: Status) -> Self:
        return cls(
            pending=status.pending,
            lag_seconds=round(status.lag_seconds, 3),
            last_event_at=status.last_event_at,
            dead_letters=status.dead_letters,
        )
