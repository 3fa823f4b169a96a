"""The limit of wrong current passwords per account."""

import pytest

from services.catalog.accounts.domain import PasswordThrottled
from services.catalog.accounts.throttle import WrongPasswords


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wrong_passwords(clock: Clock) -> WrongPasswords:
    return WrongPasswords(limit=2, window_seconds=300, clock=clock)


def test_an_attempt_over_the_limit_is_refused_until_the_oldest_one_expires(
    wrong_passwords: WrongPasswords, clock: Clock
) -> None:
    wrong_passwords.begin(1)
    clock.now = 299.0
    wrong_passwords.begin(1)
    with pytest.raises(PasswordThrottled) as refused:
        wrong_passwords.begin(1)
    assert refused.value.headers == {"Retry-After": "2"}
    clock.now = 300.0
    wrong_passwords.begin(1)


def test_a_refused_attempt_does_not_count(wrong_passwords: WrongPasswords, clock: Clock) -> None:
    wrong_passwords.begin(1)
    wrong_passwords.begin(1)
    clock.now = 200.0
    with pytest.raises(PasswordThrottled):
        wrong_passwords.begin(1)
    clock.now = 300.0
    wrong_passwords.begin(1)
    wrong_passwords.begin(1)


def test_a_right_password_clears_the_attempts(wrong_passwords: WrongPasswords) -> None:
    wrong_passwords.begin(1)
    wrong_passwords.begin(1)
    wrong_passwords.succeed(1)
    wrong_passwords.begin(1)
    wrong_passwords.begin(1)


def test_accounts_do_not_share_a_limit(wrong_passwords: WrongPasswords) -> None:
    for _ in range(2):
        wrong_passwords.begin(1)
        wrong_passwords.begin(2)


def test_wrong_passwords_expire_and_are_reset_by_a_correct_one(
    wrong_passwords: WrongPasswords, clock: Clock
) -> None:
    wrong_passwords.begin(1)
    clock.now = 299.0
    wrong_passwords.begin(1)
    clock.now = 300.0
    wrong_passwords.begin(1)
    wrong_passwords.succeed(1)
    for _ in range(2):
        wrong_passwords.begin(1)
    clock.now = 1000.0
    wrong_passwords.begin(2)
    assert len(wrong_passwords._attempts) == 1, "entries of other accounts expire"
