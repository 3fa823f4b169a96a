"""A session and its refresh secrets."""

import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.common.web.errors import Forbidden, Unauthenticated

ACCESS_SECONDS = 300
GRACE = timedelta(seconds=10)


class SessionEnded(Unauthenticated):
    """The refresh cookie is of no live session."""

    code, title = "session_ended", "The session has ended; sign in again"


class CrossSite(Forbidden):
    """A browser sent the request for a page of another site."""

    code, title = "cross_site_request", "This request may only come from a page of this address"


@dataclass(frozen=True, slots=True)
class Session:
    """A session of an account. ``refresh_hash`` is of the refresh secret that is good now, ``previous_hash`` of the one before."""

    id: uuid.UUID
    account_id: int
    version: int
    refresh_hash: bytes
    previous_hash: bytes | None
    rotated_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RefreshSecret:
    """What the cookie holds: which session, and the proof."""

    session_id: uuid.UUID
    secret: str

    def cookie(self) -> str:
        """The cookie's value."""
        return f"{self.session_id.hex}.{self.secret}"

    @property
    def hash(self) -> bytes:
        """What is stored of the secret."""
        return hashlib.sha256(self.secret.encode()).digest()

    def next(self, key: bytes) -> "RefreshSecret":
        """The secret after this one. It follows from it and the service's ``key``, so that two tabs that refresh at the same moment get
        the same one; without the key nobody can tell it."""
        return RefreshSecret(
            self.session_id, hmac.new(key, self.cookie().encode(), hashlib.sha256).hexdigest()
        )


def first_secret() -> RefreshSecret:
    """The refresh secret of a new session."""
    return RefreshSecret(uuid.uuid4(), secrets.token_hex(32))


def parse_cookie(value: str) -> RefreshSecret | None:
    """The secret in a cookie's value, or None when it is none."""
    session_id, dot, secret = value.partition(".")
    try:
        return (
            RefreshSecret(uuid.UUID(hex=session_id), secret)
            if dot and secret.isalnum() and secret.isascii()
            else None
        )
    except ValueError:
        return None
