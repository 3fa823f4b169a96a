"""An access token, and a login by refresh token, which is listed and revoked beside it."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from libs.common.security.principals import Principal
from libs.common.web.errors import NotFound
from services.auth.access.domain import Permission
from services.auth.credentials.domain import Credential

PREFIX = "mat_"
Ceiling = Literal["pull", "push"]


class NoSuchDockerUser(NotFound):
    """The account has no Docker user of this name."""

    code, title = "docker_user_not_found", "There is no such Docker user"


class NoSuchToken(NotFound):
    """The Docker user has no token with this id."""

    code, title = "token_not_found", "There is no such token"


@dataclass(frozen=True, slots=True)
class AccessToken:
    """An access token that exists, with the Docker user it is of. It allows nothing above ``ceiling``."""

    id: uuid.UUID
    docker_user_id: int
    username: str
    ceiling: Permission
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """No access token has this hash."""


UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True)
class ListedToken:
    """A token as its owner sees it: an `access` token, or a `login`, which is a refresh token; ``permission`` is its ceiling."""

    id: uuid.UUID
    kind: Literal["access", "login"]
    name: str
    permission: Ceiling
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    last_used_from: str | None


@dataclass(frozen=True, slots=True)
class DockerUserOwner:
    """An account, or an administrator, with a Docker user whose tokens it may manage."""

    principal: Principal
    docker_user: Credential
