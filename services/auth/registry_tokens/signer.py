"""Signs registry tokens: ES256 with `x5c`, the one form that Distribution 2.8.2 and 3.1.1 both accept."""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cachetools import TTLCache

from libs.common.jwt import SigningKey
from services.auth.registry_tokens.domain import Access, includes_push

REUSE_SECONDS = 5
_REUSED_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SignedToken:
    """A token with what is told of it: ``expires_in`` in seconds from ``issued_at`` (RFC 3339). ``body`` is all of it as JSON."""

    token: str
    expires_in: int
    issued_at: str
    body: bytes


class TokenSigner:
    """Signs with the newest of ``keys()``. The same subject and access within five seconds get the same token again."""

    def __init__(
        self, keys: Callable[[], Sequence[SigningKey]], *, issuer: str, service: str, pull_seconds: int, push_seconds: int
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._service = service
        self._pull_seconds = pull_seconds
        self._push_seconds = push_seconds
        self._signed: TTLCache[tuple[str, Access], SignedToken] = TTLCache(
            maxsize=_REUSED_BYTES, ttl=REUSE_SECONDS, getsizeof=lambda signed: 2 * len(signed.body)
        )

    def sign(self, *, subject: str, access: Access) -> SignedToken:
        """A token that says that ``subject`` (empty: anonymous) has ``access``."""
        signed = self._signed.get((subject, access))
        if signed is None:
            signed = self._signed[(subject, access)] = self._new(subject, access)
        return signed

    def _new(self, subject: str, access: Access) -> SignedToken:
        now = int(time.time())
        seconds = self._push_seconds if includes_push(access) else self._pull_seconds
        claims = {
            "iss": self._issuer,
            "sub": subject,
            "aud": self._service,
            "iat": now,
            "nbf": now,
            "exp": now + seconds,
            "jti": secrets.token_urlsafe(16),
            "access": [{"type": "repository", "name": s.repository, "actions": list(s.actions)} for s in access],
        }
        issued_at = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        token = self._keys()[0].sign(claims)
        # by hand: none of these can hold what JSON escapes, and the token is long
        body = f'{{"token":"{token}","access_token":"{token}","expires_in":{seconds},"issued_at":"{issued_at}"}}'
        return SignedToken(token, seconds, issued_at, body.encode())
