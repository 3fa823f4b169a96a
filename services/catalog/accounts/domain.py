"""Accounts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from libs.common.web.errors import Conflict, Forbidden

Role = Literal["admin", "member"]


@dataclass(frozen=True, slots=True)
class Account:
    """A tenant; ``disabled``: neither it nor its Docker users may sign in."""

    id: int
    username: str
    role: Role
    disabled: bool
    created_at: datetime


class AccountTaken(Conflict):
    code, title = "account_taken", "There is an account of that name"


class LastAdministrator(Conflict):
    code, title = "last_administrator", "The last administrator cannot be disabled or made a member"


class WrongPassword(Forbidden):
    code, title = "wrong_password", "The current password is not right"
