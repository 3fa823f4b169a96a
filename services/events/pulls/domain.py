"""Pulls over time, as pure data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Interval = Literal["hour", "day"]

MAX_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class Point:
    """Pulls and checks of the hour or day (UTC) that starts ``at``."""

    at: datetime
    pulls: int
    checks: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which pulls: of a tag ("": by digest alone), by a Docker user ("": nobody signed in), in hours from ``start`` to before ``end``."""

    tag: str | None
    docker_user: str | None
    start: datetime | None
    end: datetime | None
    interval: Interval


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a repository is, and who may look at it."""

    repository: str
    namespace: str
    account_id: int
    public: bool


@dataclass(frozen=True, slots=True)
class Series:
    """Points in order of time, without empty ones."""

    points: Sequence[Point]

    @property
    def total(self) -> int:
        """All their pulls."""
        return sum(point.pulls for point in self.points)
