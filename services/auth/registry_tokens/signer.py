"""Signs registry tokens: ES256 with `x5c`, which Distribution 2.8.2 and 3.1.1 both accept."""

import json
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from libs.common.security.jwt import SigningKey
from services.auth.cache.two_generation import TwoGenerationCache
from services.auth.registry_tokens.domain import Access, Scope, includes_write

REUSE_SECONDS = 5
_MAX_CACHED_BYTES = 16 * 1024 * 1024
_MAX_CACHED = 20_000
_encode = json.JSONEncoder().encode


@dataclass(frozen=True, slots=True)
class SignedToken:
    """A signed token, and ``body``: the response that carries it, as JSON.

    The token expires ``expires_in`` seconds after ``issued_at`` (RFC 3339). ``reusable_until`` is a
    monotonic time.
    """

    token: str
    expires_in: int
    issued_at: str
    body: bytes
    reusable_until: float


class TokenSigner:
    """Signs with the newest of ``keys()``.

    Requests with the same subject and access within five seconds get the same token.
    """

    def __init__(
        self,
        keys: Callable[[], Sequence[SigningKey]],
        *,
        issuer: str,
        service: str,
        pull_seconds: int,
        push_seconds: int,
    ) -> None:
        self._keys = keys
        self._issuer = _encode(issuer)
        self._service = _encode(service)
        self._pull_seconds = pull_seconds
        self._push_seconds = push_seconds
        self._signed: TwoGenerationCache[tuple[str, Access], SignedToken] = TwoGenerationCache(
            _MAX_CACHED
        )
        self._rotated_at = time.monotonic()
        self._cached_bytes = 0

    def sign(self, *, subject: str, access: Access) -> SignedToken:
        """Return a token that grants ``access`` to ``subject``; "" is the anonymous subject."""
        cached = self._signed.get((subject, access))
        now = time.monotonic()
        if cached is not None and now < cached.reusable_until:
            return cached
        signed = self._sign(subject, access, now + REUSE_SECONDS)
        self._cache((subject, access), signed, now)
        return signed

    def _cache(self, key: tuple[str, Access], signed: SignedToken, now: float) -> None:
        """Cache ``signed`` within the limit of bytes, and little longer than it can be reused."""
        self._cached_bytes += 2 * len(signed.body)  # `token` holds a second copy
        if now - self._rotated_at > REUSE_SECONDS or self._cached_bytes > _MAX_CACHED_BYTES // 2:
            self._signed.rotate()
            self._rotated_at, self._cached_bytes = now, 0
        self._signed[key] = signed

    def _sign(self, subject: str, access: Access, reusable_until: float) -> SignedToken:
        now = int(time.time())
        seconds = self._push_seconds if includes_write(access) else self._pull_seconds
        token = self._keys()[0].sign_json(
            f'{{"iss":{self._issuer},"sub":{_encode(subject)},"aud":{self._service},'
            f'"iat":{now},"nbf":{now},"exp":{now + seconds},'
            f'"jti":"{secrets.token_hex(16)}","access":[{",".join(map(_encode_scope, access))}]}}'
        )
        issued_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
        # formatted without an encoder: no value needs JSON escapes, and the token is long
        body = (
            f'{{"token":"{token}","access_token":"{token}",'
            f'"expires_in":{seconds},"issued_at":"{issued_at}"}}'
        )
        return SignedToken(token, seconds, issued_at, body.encode(), reusable_until)


def _encode_scope(scope: Scope) -> str:
    actions = ",".join(map(_encode, scope.actions))
    return f'{{"type":"{scope.kind}","name":{_encode(scope.repository)},"actions":[{actions}]}}'
