"""A refresh token: a Docker client keeps it instead of the password (spec 3).

A Docker client gets one from `docker login` if the Docker user's `token_login` is on. A refresh
token issued for an access token inherits its maximum permission and its expiry, and ends with it.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.auth.access.domain import Permission
from services.auth.credentials.domain import Credential

PREFIX = "mrt_"
MAX_PER_DOCKER_USER = 1000
"""If a Docker user has more refresh tokens, the ones unused for the longest time are deleted."""
MAX_CLIENT_ID_CHARACTERS = 200
"""A longer name of a client is cut."""


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token of a Docker user.

    ``version`` is the version of the Docker user's credential when the token was issued.
    ``access_token_id`` names the access token that the client logged in with, if any.
    """

    id: uuid.UUID
    docker_user_id: int
    username: str
    version: int
    service: str
    expires_at: datetime
    max_permission: Permission
    access_token_id: uuid.UUID | None

    def belongs_to(self, user: Credential) -> bool:
        """Return whether the token was issued for ``user`` under its current version."""
        return (user.id, user.version) == (self.docker_user_id, self.version)


@dataclass(frozen=True, slots=True)
class Unknown:
    """No refresh token has this hash."""


UNKNOWN = Unknown()


def expiry(
    *, now: datetime, lifetime: timedelta, access_token_expires_at: datetime | None
) -> datetime:
    """Return when a new refresh token expires: at the latest with its access token, if any."""
    if access_token_expires_at is None:
        return now + lifetime
    return min(now + lifetime, access_token_expires_at)
