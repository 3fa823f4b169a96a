"""The response body of ``/events/status``."""

from datetime import datetime

from pydantic import Field

from libs.common.web.fields import Output


class StatusOut(Output):
    """The state of the event pipeline."""

    pending: int = Field(description="Pull events that are not counted yet.", examples=[0])
    lag_seconds: float = Field(
        description="How long the oldest of them has waited.", examples=[0.0]
    )
    last_event_at: datetime | None = Field(
        description="When the registry delivered the newest stored event; null if none is stored."
    )
    dead_letters: int = Field(
        description="Deliveries and events that cannot be interpreted.", examples=[0]
    )
