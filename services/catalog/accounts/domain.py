"""Accounts: the tenants, which sign in to the console and the JSON API."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from libs.common.web.errors import Conflict, Forbidden, NotFound, TooManyRequests, Unavailable

Role = Literal["admin", "member"]


@dataclass(frozen=True, slots=True)
class Account:
    """A tenant. If it is ``disabled``, neither it nor its Docker users can sign in."""

    id: int
    username: str
    role: Role
    disabled: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AccountLimits:
    """How many objects of each kind an account can have."""

    namespaces: int
    docker_users: int
    repositories: int


def leaves_no_administrator(administrator_ids: list[int], demoted_id: int) -> bool:
    """Return whether ``demoted_id`` is the only one of ``administrator_ids``.

    ``administrator_ids`` are the administrators that are not disabled.
    """
    return administrator_ids == [demoted_id]


class AccountNotFound(NotFound):
    """No account has this username."""

    def __init__(self, username: str) -> None:
        super().__init__(f"There is no account {username!r}.")


class AccountTaken(Conflict):
    """Another account has this username."""

    code, title = "account_taken", "The username is taken; choose another one"

    def __init__(self, username: str) -> None:
        super().__init__(f"The account {username!r} already exists. Choose another username.")


class LastAdministrator(Conflict):
    """The change would leave no account that can administer the registry."""

    code = "last_administrator"
    title = (
        "The last administrator cannot be disabled or made a member; make another account an "
        "administrator first"
    )


class WrongPassword(Forbidden):
    """The current password in a request to change it is wrong."""

    code, title = "wrong_password", "The current password is wrong; enter it again"


class PasswordThrottled(TooManyRequests):
    """The account had too many wrong current passwords."""

    code, title = "password_throttled", "Too many wrong passwords; try again later"


class HashingBusy(Unavailable):
    """The queue in front of the password hasher is full."""

    code = "hashing_busy"
    title = "Too many passwords are waiting to be hashed; try again in a moment"
