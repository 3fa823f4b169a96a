"""A refresh token. One that was got with an access token inherits its ceiling, its expiry and its end (spec 3)."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from services.auth.access.domain import Permission

PREFIX = "mrt_"


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token that exists, with the Docker user it is bound to.

    ``version`` is that user's credential version at its birth; ``access_token_id`` names the access token it was got with, if any,
    above whose ``ceiling`` it allows nothing.
    """

    id: uuid.UUID
    docker_user_id: int
    username: str
    version: int
    service: str
    expires_at: datetime
    ceiling: Permission
    access_token_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """No refresh token has this hash."""


UNKNOWN = Unknown()
