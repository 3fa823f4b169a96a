"""An access token of a Docker user, and the list of tokens that the user's owner sees (spec 3).

The list has access tokens and logins. A login is a refresh token. A password change of the Docker
user ends its logins and none of its access tokens (ADR 19).
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from libs.common.security.principals import Principal
from libs.common.web.errors import NotFound
from services.auth.access.domain import Permission
from services.auth.credentials.domain import Credential

PREFIX = "mat_"
TokenPermission = Literal["pull", "push", "delete"]


class NoSuchDockerUser(NotFound):
    """The account has no Docker user with this name."""

    code = "docker_user_not_found"
    title = "The Docker user does not exist, or you do not own it; check the username"


class NoSuchToken(NotFound):
    """The Docker user has no token with this id."""

    code, title = "token_not_found", "The Docker user has no such token; check its id"


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A machine uses it as the Docker user's password; it allows at most ``max_permission``."""

    id: uuid.UUID
    docker_user_id: int
    username: str
    max_permission: Permission
    expires_at: datetime | None

    def belongs_to(self, user: Credential) -> bool:
        """Return whether the token was created for ``user``, whatever its password is now."""
        return user.id == self.docker_user_id


@dataclass(frozen=True, slots=True)
class Unknown:
    """No access token has this hash."""


UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True)
class ListedToken:
    """An access token or a refresh token. ``permission`` is its maximum permission."""

    id: uuid.UUID
    kind: Literal["access", "login"]
    name: str
    permission: TokenPermission
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    last_used_from: str | None


@dataclass(frozen=True, slots=True)
class NewToken(ListedToken):
    """A new access token with its secret, of which only a hash is stored."""

    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OwnedDockerUser:
    """A Docker user, and the principal who owns it or is an administrator."""

    principal: Principal
    docker_user: Credential
