"""Pulls over time, and who can see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from libs.common.security.principals import Principal

Interval = Literal["hour", "day"]

MAX_POINTS = 10_000
"""The maximum number of points in one response."""


@dataclass(frozen=True, slots=True)
class Point:
    """The pulls and checks of the hour or day (UTC) that begins ``at``."""

    at: datetime
    pulls: int
    checks: int


@dataclass(frozen=True, slots=True)
class Series:
    """Points in the order of time, without those that have neither pulls nor checks."""

    points: Sequence[Point]

    @property
    def total(self) -> int:
        """The pulls of all points."""
        return sum(point.pulls for point in self.points)


@dataclass(frozen=True, slots=True)
class PullFilter:
    """The pulls to report.

    ``tag`` is empty for pulls by digest alone, and ``docker_user`` for anonymous pulls; None stands
    for all. ``start`` and ``end`` limit the hours.
    """

    tag: str | None
    docker_user: str | None
    start: datetime | None
    end: datetime | None
    interval: Interval

    @property
    def is_empty_period(self) -> bool:
        """Whether no time is in the period."""
        return self.start is not None and self.end is not None and self.end <= self.start

    @property
    def first_hour(self) -> datetime | None:
        """The hour (UTC) that ``start`` falls into."""
        if self.start is None:
            return None
        return self.start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class OwnedRepository:
    """A repository (``namespace/name``), the account that owns it, and whether it is public."""

    path: str
    namespace: str
    account_id: int
    public: bool

    def is_owned_by(self, principal: Principal) -> bool:
        """Return whether the principal's account owns the repository. An administrator owns all."""
        return principal.owns(self.account_id)
