"""A session of an account, and the refresh secret in its cookie (spec 4, "Signing in")."""

import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.common.web.errors import Forbidden, Unauthenticated
from services.auth.credentials.domain import Credential

ACCESS_TOKEN_SECONDS = 300
ROTATION_GRACE = timedelta(seconds=10)


class SessionEnded(Unauthenticated):
    """The refresh cookie belongs to no current session."""

    code, title = "session_ended", "The session has ended; sign in again"


class CrossSite(Forbidden):
    """A browser sent the request for a page of another site."""

    code = "cross_site_request"
    title = "A page of another site sent the request; send it from a page of this address"


@dataclass(frozen=True, slots=True)
class Session:
    """A session of an account.

    ``version`` is the version of the account's credential at sign-in. ``refresh_hash`` is the hash
    of the current refresh secret, ``previous_hash`` the hash of the one before.
    """

    id: uuid.UUID
    account_id: int
    version: int
    refresh_hash: bytes
    previous_hash: bytes | None
    rotated_at: datetime
    expires_at: datetime

    def is_current(self, account: Credential, *, now: datetime) -> bool:
        """Return whether the session is still valid for its ``account``."""
        return not account.disabled and account.version == self.version and self.expires_at > now


@dataclass(frozen=True, slots=True)
class RefreshSecret:
    """The content of the refresh cookie: a session and the proof of its owner."""

    session_id: uuid.UUID
    secret: str

    def cookie(self) -> str:
        """Return the cookie's value."""
        return f"{self.session_id.hex}.{self.secret}"

    @property
    def hash(self) -> bytes:
        """The hash of the secret, as stored."""
        return hashlib.sha256(self.secret.encode()).digest()

    def next(self, key: bytes) -> "RefreshSecret":
        """Return the secret that replaces this one, derived from it with the service's ``key``.

        Because it is derived, two tabs that refresh at the same moment get the same secret.
        Without the key nobody can derive it.
        """
        return RefreshSecret(
            self.session_id, hmac.new(key, self.cookie().encode(), hashlib.sha256).hexdigest()
        )


def new_refresh_secret() -> RefreshSecret:
    """Return the refresh secret of a new session."""
    return RefreshSecret(uuid.uuid4(), secrets.token_hex(32))


def parse_cookie(value: str) -> RefreshSecret | None:
    """Return the secret in a cookie's value, or None if it is malformed."""
    session_id, dot, secret = value.partition(".")
    if not (dot and secret.isalnum() and secret.isascii()):
        return None
    try:
        return RefreshSecret(uuid.UUID(hex=session_id), secret)
    except ValueError:
        return None
