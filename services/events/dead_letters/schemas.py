"""The responses of ``/events/dead-letters``."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from services.events.dead_letters.domain import DeadLetter


class DeadLetterOut(BaseModel):
    """Something that the registry delivered and that was not understood."""

    id: int = Field(examples=[17])
    received_at: datetime
    reason: str = Field(examples=["unknown action 'frobnicate'"])
    size_bytes: int = Field(description="bytes that were kept", examples=[512])
    raw: str = Field(description="its first 4096 bytes as text; what is no UTF-8 is replaced")

    @classmethod
    def of(cls, letter: DeadLetter) -> Self:
        text = letter.beginning.decode("utf-8", errors="replace")
        return cls(
            id=letter.id,
            received_at=letter.received_at,
            reason=letter.reason,
            size_bytes=letter.size,
            raw=text,
        )


class ReplayOut(BaseModel):
    """What came of a replay."""

    events: int = Field(description="events that were taken in", examples=[1])
