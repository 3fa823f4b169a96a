"""Pulls over time, and who can see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from libs.common.security.principals import Principal
from libs.common.web.errors import Forbidden, NotFound

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
class Repository:
    """A repository (``namespace/name``), the account that owns it, and whether it is public."""

    path: str
    namespace: str
    account_id: int
    public: bool

    def is_owned_by(self, principal: Principal) -> bool:
        """Return whether the principal's account owns the repository. An administrator owns all."""
        return principal.owns(self.account_id)


@dataclass(frozen=True, slots=True)
class PullsReader:
    """A principal that can read the pulls of ``repository`` (spec 2.10).

    If ``repository`` is None, it reads the pulls of its account, and an administrator those of all
    accounts. ``is_shared`` says whether the repository's namespace has a grant for a Docker user of
    the principal's account.

    Raises:
        NotFound: the repository is neither the principal's own, nor public, nor shared with it. The
            error does not reveal its existence.
    """

    principal: Principal
    repository: Repository | None
    is_shared: bool = False

    def __post_init__(self) -> None:
        repository = self.repository
        if repository is not None and not (
            repository.is_owned_by(self.principal) or repository.public or self.is_shared
        ):
            raise repository_not_found(repository.path)

    @property
    def account_id(self) -> int | None:
        """The account to report without a repository; None stands for every account."""
        return None if self.principal.is_admin else self.principal.account_id

    def check(self, pull_filter: PullFilter) -> None:
        """Raise Forbidden if only the owner of the repository can use ``pull_filter``."""
        if (
            pull_filter.docker_user is not None
            and self.repository is not None
            and not self.repository.is_owned_by(self.principal)
        ):
            raise Forbidden(
                "Only the owner of a repository can filter its pulls by Docker user. "
                "Remove `docker_user`."
            )


def repository_not_found(path: str) -> NotFound:
    """Return the error for a repository that does not exist or is hidden."""
    return NotFound(f"There is no repository {path!r}.")
