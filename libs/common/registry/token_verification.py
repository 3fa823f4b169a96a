"""Verify the registry token of a client as Distribution does (spec 3).

Distribution trusts every certificate that the token CA has signed, so keys rotate without a change
of its configuration. This module accepts only the form that Moorage signs: ES256, one certificate
in ``x5c``, a string as ``aud``. Distribution accepts each such token too.
"""

import binascii
import hashlib
import json
import re
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from libs.common.registry.token_certificates import TokenCertificates

LEEWAY_SECONDS = 60
"""Distribution allows the clocks to differ by so much."""

MAX_TOKEN_BYTES = 128 * 1024
_MAX_HEADER_LENGTH = 8 * 1024
_MAX_CACHED = 4_096
_MAX_CACHED_TOKEN_BYTES = 8 * 1024
_TOKEN = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})")
_ECDSA = ec.ECDSA(hashes.SHA256())

ChallengeError = Literal["invalid_token", "insufficient_scope"]
ResourceKind = Literal["repository", "registry"]
"""The types of resources. The only one of the type ``registry`` is the list ``catalog``."""


class Challenged(Exception):
    """The request needs another token. ``error`` is None if it has no token at all."""

    def __init__(self, error: ChallengeError | None) -> None:
        super().__init__(error or "no token")
        self.error = error


@dataclass(frozen=True, slots=True)
class Authorized:
    """The ``sub`` of the token, and the actions that it grants on the resource, such as "*"."""

    subject: str
    actions: frozenset[str]

    def allows(self, *actions: str) -> bool:
        """Return whether the token grants all of ``actions``."""
        return "*" in self.actions or self.actions.issuperset(actions)


@dataclass(frozen=True, slots=True)
class _Claims:
    """The claims that verification needs. Times are Unix seconds."""

    subject: str
    not_before: int
    expires_at: int
    access: Mapping[tuple[str, str], frozenset[str]]
    """Actions by type and name of the resource."""


class _Invalid(Exception):
    """The token is malformed, forged, expired, or for somebody else."""


class RegistryTokenVerifier:
    """Verifies tokens of ``issuer`` for the registry ``service`` under the token CA ``ca``.

    The constructor raises OSError or ValueError if ``ca`` holds no certificate in PEM.
    ``clock`` returns Unix seconds.
    """

    def __init__(
        self, ca: Path, *, issuer: str, service: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._certificates = TokenCertificates(ca)
        self._issuer = issuer
        self._service = service
        self._clock = clock
        self._cached: dict[bytes, _Claims] = {}
        self._generation = self._certificates.generation

    def verify(
        self,
        authorization_header: str | None,
        name: str,
        *actions: str,
        kind: ResourceKind = "repository",
    ) -> Authorized:
        """Return whom the header ``Authorization`` authorizes for ``actions`` on a resource.

        Raises:
            Challenged: there is no token, it is invalid, or it does not grant every action.
        """
        scheme, _, token = (authorization_header or "").partition(" ")
        if scheme.lower() != "bearer" or not token or " " in token:
            raise Challenged(None)
        try:
            claims = self._claims(token)
        except _Invalid:
            raise Challenged("invalid_token") from None
        authorized = Authorized(claims.subject, claims.access.get((kind, name), frozenset()))
        if not authorized.allows(*actions):
            raise Challenged("insufficient_scope")
        return authorized

    def _claims(self, token: str) -> _Claims:
        now = self._clock()
        self._forget_earlier_certificates()
        if len(token) > MAX_TOKEN_BYTES or not token.isascii():
            raise _Invalid
        key = hashlib.sha256(token.encode()).digest()
        claims = self._cached.get(key)
        if claims is None:
            claims = self._verified(token, now)
            if len(token) <= _MAX_CACHED_TOKEN_BYTES:
                self._cache(key, claims)
        if now > claims.expires_at + LEEWAY_SECONDS:
            self._cached.pop(key, None)
            raise _Invalid
        if now < claims.not_before - LEEWAY_SECONDS:
            raise _Invalid
        return claims

    def _forget_earlier_certificates(self) -> None:
        self._certificates.reload()
        if self._generation != self._certificates.generation:
            self._generation = self._certificates.generation
            self._cached.clear()

    def _cache(self, key: bytes, claims: _Claims) -> None:
        if len(self._cached) >= _MAX_CACHED:
            del self._cached[next(iter(self._cached))]  # the oldest one
        self._cached[key] = claims

    def _verified(self, token: str, now: float) -> _Claims:
        """Return the claims of ``token`` if its signature, issuer, and audience are right."""
        match = _TOKEN.fullmatch(token)
        if match is None or len(match[1]) > _MAX_HEADER_LENGTH:
            raise _Invalid
        header = _object(match[1])
        chain = header.get("x5c")
        if (
            header.keys() != {"alg", "typ", "x5c"}
            or header["alg"] != "ES256"
            or not isinstance(chain, list)
            or len(chain) != 1
            or not isinstance(chain[0], str)
        ):
            raise _Invalid
        public = self._certificates.public_key(chain[0], now=now)
        if public is None:
            raise _Invalid
        raw = _decoded(match[3])
        signature = encode_dss_signature(
            int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
        )
        try:
            public.verify(signature, token[: match.end(2)].encode(), _ECDSA)
        except InvalidSignature:
            raise _Invalid from None
        return self._read(_object(match[2]))

    def _read(self, claims: dict[str, Any]) -> _Claims:
        subject = claims.get("sub", "")
        not_before, expires_at = claims.get("nbf", 0), claims.get("exp")
        if (
            claims.get("iss") != self._issuer
            or claims.get("aud") != self._service
            or not isinstance(subject, str)
            or type(not_before) is not int
            or type(expires_at) is not int
        ):
            raise _Invalid
        return _Claims(subject, not_before, expires_at, _access(claims.get("access", [])))


def challenge(
    name: str,
    actions: Sequence[str],
    *,
    service: str,
    realm: str,
    error: ChallengeError | None,
    kind: ResourceKind = "repository",
) -> str:
    """Return the header ``WWW-Authenticate`` of a 401, as Distribution writes it."""
    scope = f"{kind}:{name}:{','.join(actions)}"
    text = f"Bearer realm={_quoted(realm)},service={_quoted(service)},scope={_quoted(scope)}"
    return text if error is None else f'{text},error="{error}"'


def _access(entries: object) -> dict[tuple[str, str], frozenset[str]]:
    """Return the actions per type and name. Both are case-sensitive."""
    if not isinstance(entries, list):
        raise _Invalid
    access: dict[tuple[str, str], frozenset[str]] = {}
    for entry in entries:
        if not isinstance(entry, dict):
            raise _Invalid
        kind, name, actions = entry.get("type"), entry.get("name"), entry.get("actions")
        if (
            not isinstance(kind, str)
            or not isinstance(name, str)
            or not isinstance(actions, list)
            or not all(isinstance(action, str) for action in actions)
        ):
            raise _Invalid
        if kind in ("repository", "registry"):
            access[kind, name] = access.get((kind, name), frozenset()).union(actions)
    return access


def _object(segment: str) -> dict[str, Any]:
    try:
        value = json.loads(_decoded(segment).decode())
    except (ValueError, RecursionError):
        raise _Invalid from None
    if not isinstance(value, dict):
        raise _Invalid
    return value


def _decoded(segment: str) -> bytes:
    try:
        return urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except binascii.Error:
        raise _Invalid from None


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
