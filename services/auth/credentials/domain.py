"""The facts about a credential that sign-in and tokens rest on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal["account", "docker_user"]


@dataclass(frozen=True, slots=True)
class Credential:
    """An account or a Docker user. ``version`` rises with each password change and disabling, and ends what was issued under the one
    before; ``disabled`` is true for a Docker user of a disabled account too."""

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
    """There is no such credential. ConfirmedCache like one, so that a name tried again and again costs no query."""


NOBODY = Nobody()
