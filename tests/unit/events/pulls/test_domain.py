"""Periods of pulls, their totals, and who owns a repository."""

import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest

from libs.common.security.principals import Principal
from libs.common.web.errors import Forbidden, NotFound
from services.events.pulls.domain import Point, PullFilter, PullsReader, Repository, Series

SIX = datetime(2026, 11, 24, 6, tzinfo=UTC)


def pull_filter(start: datetime | None, end: datetime | None) -> PullFilter:
    return PullFilter(tag=None, docker_user=None, start=start, end=end, interval="hour")


def test_total_is_the_sum_of_pulls_without_checks() -> None:
    assert Series([Point(SIX, 2, 5), Point(SIX + timedelta(hours=1), 3, 0)]).total == 5
    assert Series([]).total == 0


@pytest.mark.parametrize(
    ("start", "end", "empty"),
    [
        (None, None, False),
        (SIX, None, False),
        (None, SIX, False),
        (SIX, SIX + timedelta(seconds=1), False),
        (SIX, SIX, True),
        (SIX, SIX - timedelta(hours=1), True),
    ],
)
def test_period_that_ends_before_it_starts_is_empty(
    start: datetime | None, end: datetime | None, empty: bool
) -> None:
    assert pull_filter(start, end).is_empty_period is empty


def test_first_hour_is_the_whole_hour_of_the_start_in_utc() -> None:
    start = datetime(2026, 11, 24, 8, 59, 59, 999, tzinfo=timezone(timedelta(hours=2)))
    assert pull_filter(start, None).first_hour == SIX
    assert pull_filter(None, None).first_hour is None


@pytest.mark.parametrize(
    ("account_id", "role", "owned"), [(1, "member", True), (2, "member", False), (2, "admin", True)]
)
def test_owner_and_administrator_own_a_repository(account_id: int, role: str, owned: bool) -> None:
    repository = Repository("team/app", "team", 1, public=False)
    assert repository.is_owned_by(make_principal(account_id, role)) is owned


def make_principal(account_id: int, role: str = "member") -> Principal:
    return Principal("session", uuid.uuid4(), account_id, "acme", role, "write", "192.0.2.1")


@pytest.mark.parametrize(
    ("account_id", "public", "is_shared", "readable"),
    [
        (1, False, False, True),
        (2, True, False, True),
        (2, False, True, True),
        (2, False, False, False),
    ],
)
def test_pulls_of_own_public_and_shared_repositories_are_readable(
    account_id: int, public: bool, is_shared: bool, readable: bool
) -> None:
    repository = Repository("team/app", "team", 1, public)
    if readable:
        PullsReader(make_principal(account_id), repository, is_shared)
    else:
        with pytest.raises(NotFound, match="team/app"):
            PullsReader(make_principal(account_id), repository, is_shared)


def test_only_the_owner_can_filter_by_docker_user() -> None:
    repository = Repository("team/app", "team", 1, public=True)
    by_user = PullFilter(tag=None, docker_user="dev", start=None, end=None, interval="hour")
    PullsReader(make_principal(1), repository).check(by_user)
    PullsReader(make_principal(2), None).check(by_user)
    stranger = PullsReader(make_principal(2), repository)
    stranger.check(pull_filter(None, None))
    with pytest.raises(Forbidden):
        stranger.check(by_user)


@pytest.mark.parametrize(("role", "account_id"), [("member", 2), ("admin", None)])
def test_without_a_repository_an_administrator_reads_every_account(
    role: str, account_id: int | None
) -> None:
    assert PullsReader(make_principal(2, role), None).account_id == account_id
