"""An API key of an account: automation calls the JSON API with it (spec 4, "Signing in")."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from libs.common.security.principals import Principal
from libs.common.web.errors import NotFound

Permission = Literal["read", "write"]


class NoSuchKey(NotFound):
    """The account has no API key with this id."""

    code = "api_key_not_found"
    title = "The API key does not exist, or you cannot see it; check its id"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key. It ends at ``expires_at``, with its account's password, or on deletion."""

    id: uuid.UUID
    account: str
    name: str
    permission: Permission
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    last_used_from: str | None

    def is_owned_by(self, principal: Principal) -> bool:
        """Return whether ``principal`` may delete the key: its owner, or an administrator."""
        return principal.is_admin or self.account == principal.username


@dataclass(frozen=True, slots=True)
class NewApiKey(ApiKey):
    """A new API key with its secret, of which only a hash is stored."""

    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OwnedApiKey:
    """An API key, and the principal who owns it or is an administrator."""

    principal: Principal
    key: ApiKey
