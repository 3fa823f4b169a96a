"""The response body of ``/pulls``."""

from datetime import datetime

from pydantic import Field

from libs.common.web.fields import Output


class PointOut(Output):
    """One hour or day (UTC) with at least one pull or check."""

    at: datetime = Field(description="The beginning of the hour or day, UTC.")
    pulls: int = Field(examples=[12])
    checks: int = Field(
        description="HEAD requests: a client checked whether its image is still current.",
        examples=[3],
    )


class PullsOut(Output):
    """Pulls over time."""

    total: int = Field(
        description="The pulls of all points together. Checks are not added to it.", examples=[12]
    )
    points: list[PointOut] = Field(
        description="In the order of time, without hours or days in which nothing happened."
    )
