"""Credentials of accounts and Docker users, as the catalog publishes them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal["account", "docker_user"]


@dataclass(frozen=True, slots=True)
class Credential:
    """An account or a Docker user.

    ``version`` rises when the password changes or the user is disabled, which ends every session
    and token issued under an earlier version. ``disabled`` is also true for a Docker user of a
    disabled account. ``account_id`` and ``account`` name the account itself, or the account that
    owns the Docker user.
    """

    kind: Kind
    id: int
    username: str
    password_hash: str
    disabled: bool
    version: int
    account_id: int
    account: str
    role: str | None
    token_login: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Nobody:
    """No credential has this user name. It is cached, so that repeated attempts cost no query."""


NOBODY = Nobody()
