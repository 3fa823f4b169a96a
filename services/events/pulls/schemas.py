"""The response of ``/pulls``."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from services.events.pulls.domain import Series


class PointOut(BaseModel):
    """One hour or day (UTC) in which something was pulled or checked."""

    at: datetime = Field(description="its beginning, UTC")
    pulls: int = Field(examples=[12])
    checks: int = Field(
        description="HEAD requests: a client asked whether what it holds is still current",
        examples=[3],
    )


class PullsOut(BaseModel):
    """Pulls over time."""

    total: int = Field(
        description="pulls of all points together; checks are never added to it", examples=[12]
    )
    points: list[PointOut] = Field(
        description="in order of time, without those in which nothing happened"
    )

    @classmethod
    def of(cls, series: Series) -> Self:
        points = [
            PointOut(at=point.at, pulls=point.pulls, checks=point.checks) for point in series.points
        ]
        return cls(total=series.total, points=points)
