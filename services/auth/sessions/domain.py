"""A session of an account, and the refresh secret in its cookie (spec 4, "Signing in")."""

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.common.web.errors import Forbidden, Unauthenticated
from services.auth.credentials.domain import Credential

ACCESS_TOKEN_SECONDS = 300
IDLE_AFTER = timedelta(minutes=10)
"""When a session counts as unused: its access token expires after half of this time."""
ROTATION_GRACE = timedelta(seconds=10)
_VALUE_LENGTH = 64


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

    def has_issued(self, secret: "RefreshSecret", *, keys: Iterable[bytes]) -> bool:
        """Return whether ``secret`` is, or was before a rotation, the secret of this session.

        ``keys`` are the rotation keys of the service. Any secret that one of them signed is
        recognized, however old it is; of the secrets of older keys, only the last two.
        """
        return secret.hash in (self.refresh_hash, self.previous_hash) or secret.is_issued(keys=keys)


@dataclass(frozen=True, slots=True)
class RefreshSecret:
    """The content of the refresh cookie: a session and the proof of its owner.

    ``secret`` is a value of 64 hexadecimal digits, followed by the service's signature of it (64
    more). The signature distinguishes a replaced secret from an invented one, so that the service
    does not need to store every secret that it replaced (docs/adr/0004).
    """

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
        return _signed(self.session_id, _hmac(key, self.cookie()), key)

    def is_issued(self, *, keys: Iterable[bytes]) -> bool:
        """Return whether the service issued this secret, to this session, with one of ``keys``."""
        value, signature = self.secret[:_VALUE_LENGTH], self.secret[_VALUE_LENGTH:]
        return any(
            hmac.compare_digest(signature, _signature(self.session_id, value, key)) for key in keys
        )


def new_refresh_secret(key: bytes) -> RefreshSecret:
    """Return the refresh secret of a new session, signed with the service's ``key``."""
    return _signed(uuid.uuid4(), secrets.token_hex(_VALUE_LENGTH // 2), key)


def _signed(session_id: uuid.UUID, value: str, key: bytes) -> RefreshSecret:
    return RefreshSecret(session_id, value + _signature(session_id, value, key))


def _signature(session_id: uuid.UUID, value: str, key: bytes) -> str:
    # No cookie begins with this prefix, so a signature is never the value of a next secret.
    return _hmac(key, f"issued {session_id.hex}.{value}")


def _hmac(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def parse_cookie(value: str) -> RefreshSecret | None:
    """Return the secret in a cookie's value, or None if it is malformed."""
    session_id, dot, secret = value.partition(".")
    if not (dot and secret.isalnum() and secret.isascii()):
        return None
    try:
        return RefreshSecret(uuid.UUID(hex=session_id), secret)
    except ValueError:
        return None
