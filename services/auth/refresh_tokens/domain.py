"""An opaque refresh token: 256 random bits, of which only the hash is kept."""

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime

PREFIX = "mrt_"


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token that exists, with the Docker user it is bound to. ``version`` is that user's credential version at its birth."""

    id: uuid.UUID
    docker_user_id: int
    username: str
    version: int
    service: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Unknown:
    """No refresh token has this hash."""


UNKNOWN = Unknown()


def new_secret() -> str:
    """A new refresh token as the client keeps it."""
    return PREFIX + secrets.token_urlsafe(32)


def hash_of(secret: str) -> bytes:
    """What is stored of ``secret``. SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()
