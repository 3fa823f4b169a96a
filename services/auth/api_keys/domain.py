"""An API key of an account."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from libs.common.security.principals import Principal
from libs.common.web.errors import NotFound

Permission = Literal["read", "write"]


class NoSuchKey(NotFound):
    """The account has no API key with this id."""

    code, title = "api_key_not_found", "There is no such API key"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key. It ends at ``expires_at``, with its account's password, or when it is deleted."""

    id: uuid.UUID
    account: str
    name: str
    permission: Permission
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    last_used_from: str | None


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """An account, or an administrator, with the API key that it may manage."""

    principal: Principal
    key: ApiKey
