"""Signs registry tokens: ES256 with `x5c`, the one form that Distribution 2.8.2 and 3.1.1 both accept."""

import json
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from libs.common.security.jwt import SigningKey
from services.auth.cache.two_generation import TwoGenerationCache
from services.auth.registry_tokens.domain import Access, Scope, includes_push

REUSE_SECONDS = 5
_REUSED_BYTES = 16 * 1024 * 1024
_MOST_REUSED = 20_000
_text = json.JSONEncoder().encode


@dataclass(frozen=True, slots=True)
class SignedToken:
    """A token with what is told of it: ``expires_in`` in seconds from ``issued_at`` (RFC 3339). ``body`` is all of it as JSON.

    ``reused_until``: by the monotonic clock.
    """

    token: str
    expires_in: int
    issued_at: str
    body: bytes
    reused_until: float


class TokenSigner:
    """Signs with the newest of ``keys()``. The same subject and access within five seconds get the same token again."""

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
        self._issuer = _text(issuer)
        self._service = _text(service)
        self._pull_seconds = pull_seconds
        self._push_seconds = push_seconds
        self._signed: TwoGenerationCache[tuple[str, Access], SignedToken] = TwoGenerationCache(
            _MOST_REUSED
        )
        self._turned_at = time.monotonic()
        self._bytes = 0

    def sign(self, *, subject: str, access: Access) -> SignedToken:
        """A token that says that ``subject`` (empty: anonymous) has ``access``."""
        known = self._signed.get((subject, access))
        now = time.monotonic()
        if known is not None and now < known.reused_until:
            return known
        signed = self._new(subject, access, now + REUSE_SECONDS)
        self._keep((subject, access), signed, now)
        return signed

    def _keep(self, key: tuple[str, Access], signed: SignedToken, now: float) -> None:
        """Within ``_REUSED_BYTES``, and not for long after it can be reused."""
        self._bytes += 2 * len(signed.body)  # the token is there a second time
        if now - self._turned_at > REUSE_SECONDS or self._bytes > _REUSED_BYTES // 2:
            self._signed.turn()
            self._turned_at, self._bytes = now, 0
        self._signed[key] = signed

    def _new(self, subject: str, access: Access, reused_until: float) -> SignedToken:
        now = int(time.time())
        seconds = self._push_seconds if includes_push(access) else self._pull_seconds
        token = self._keys()[0].sign_json(
            f'{{"iss":{self._issuer},"sub":{_text(subject)},"aud":{self._service},"iat":{now},"nbf":{now},"exp":{now + seconds},'
            f'"jti":"{secrets.token_hex(16)}","access":[{",".join(map(_item, access))}]}}'
        )
        issued_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
        # by hand: none of these can hold what JSON escapes, and the token is long
        body = f'{{"token":"{token}","access_token":"{token}","expires_in":{seconds},"issued_at":"{issued_at}"}}'
        return SignedToken(token, seconds, issued_at, body.encode(), reused_until)


def _item(scope: Scope) -> str:
    return f'{{"type":"repository","name":{_text(scope.repository)},"actions":[{",".join(map(_text, scope.actions))}]}}'
