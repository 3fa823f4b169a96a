"""The response bodies of ``/events/dead-letters``."""

from datetime import datetime

from pydantic import Field

from libs.common.web.fields import Output


class DeadLetterOut(Output):
    """A delivery, or one of its events, that cannot be interpreted."""

    id: int = Field(examples=[17])
    received_at: datetime
    reason: str = Field(examples=["unknown action 'frobnicate'"])
    size_bytes: int = Field(description="The number of stored bytes.", examples=[512])
    raw: str = Field(
        description="The first 4096 bytes as text. Bytes that are not UTF-8 are replaced."
    )


class ReplayOut(Output):
    """The result of a replay."""

    events: int = Field(description="The number of events that were stored.", examples=[1])
