"""JSON Web Tokens, signed with ES256. This is the only file that imports python-jose.

Registry tokens carry their certificate (``x5c``): Distribution 2.8.2 and 3.1.1 both accept only
this form. Tokens of the JSON API carry a ``kid`` and another audience, so that neither kind of
token is valid in place of the other.
"""

import json
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from jose import jwk, jws
from jose.exceptions import JOSEError

ALGORITHM = "ES256"
SESSION_AUDIENCE = "moorage-api"
_RELOAD_SECONDS = 1.0
_ECDSA = ec.ECDSA(hashes.SHA256())
_encode = json.JSONEncoder(separators=(",", ":")).encode


class InvalidToken(Exception):
    """The token is forged, malformed, or expired, or its signing key was removed."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An EC P-256 private key.

    ``headers`` are the JOSE headers of its tokens. Others verify the tokens with ``public_jwk``
    (RFC 7517).
    """

    key: ec.EllipticCurvePrivateKey
    headers: Mapping[str, Any]
    public_jwk: Mapping[str, str]
    _header: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_header", _segment({"alg": ALGORITHM, **self.headers}) + b".")

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return a compact JWS (RFC 7515) of ``claims``."""
        return self.sign_json(_encode(claims))

    def sign_json(self, claims: str) -> str:
        """Return a compact JWS of ``claims``, which is JSON already.

        The header holds a certificate and never changes, so it is encoded once and not by
        python-jose for each token.
        """
        signed = self._header + urlsafe_b64encode(claims.encode()).rstrip(b"=")
        r, s = decode_dss_signature(self.key.sign(signed, _ECDSA))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")  # RFC 7518, section 3.4
        return f"{signed.decode()}.{_b64(signature)}"


def load_signing_keys(directory: Path, *, typ: str = "JWT") -> list[SigningKey]:
    """Return the keys ``*.pem`` of ``directory``, newest (by name) first.

    Tokens of a key carry ``x5c`` if its file holds a certificate, and ``kid`` otherwise.

    Raises:
        ValueError: there is no key, or a key is not an EC P-256 key.
    """
    keys = [
        _signing_key(path.read_bytes(), typ)
        for path in sorted(directory.glob("*.pem"), reverse=True)
    ]
    if not keys:
        raise ValueError(f"no *.pem key in {directory}")
    return keys


def _signing_key(pem: bytes, typ: str) -> SigningKey:
    private = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(
        private.curve, ec.SECP256R1
    ):
        raise ValueError("a signing key must be EC P-256")
    public = _public_jwk(private.public_key())
    headers: dict[str, Any] = {"typ": typ}
    if b"BEGIN CERTIFICATE" in pem:
        certificate = x509.load_pem_x509_certificate(pem)
        headers["x5c"] = [b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()]
    else:
        headers["kid"] = public["kid"]
    return SigningKey(key=private, headers=headers, public_jwk=public)


def _public_jwk(public: ec.EllipticCurvePublicKey) -> dict[str, str]:
    numbers = public.public_numbers()
    x, y = (_b64(value.to_bytes(32, "big")) for value in (numbers.x, numbers.y))
    digest = hashes.Hash(hashes.SHA256())
    digest.update(f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'.encode())  # RFC 7638
    return {
        "kty": "EC",
        "crv": "P-256",
        "x": x,
        "y": y,
        "alg": ALGORITHM,
        "use": "sig",
        "kid": _b64(digest.finalize()),
    }


def _segment(value: Mapping[str, Any]) -> bytes:
    return urlsafe_b64encode(_encode(value).encode()).rstrip(b"=")


def _b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _public_key(pem: bytes) -> ec.EllipticCurvePublicKey | None:
    if b"PRIVATE KEY" in pem:
        public = serialization.load_pem_private_key(pem, password=None).public_key()
    else:
        public = serialization.load_pem_public_key(pem)
    return public if isinstance(public, ec.EllipticCurvePublicKey) else None


class SessionVerifier:
    """Verifies access tokens of the JSON API with the keys ``*.pem`` of a directory.

    A token with an unknown ``kid`` makes it reload the keys, so that keys rotate without a restart.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._keys: dict[str, Any] = {}
        self._loaded_at = float("-inf")
        self._load()

    def _load(self) -> None:
        if time.monotonic() - self._loaded_at < _RELOAD_SECONDS:
            return  # a forged key id must not cause a file read
        self._loaded_at = time.monotonic()
        entries = [
            _public_jwk(key)
            for path in sorted(self._directory.glob("*.pem"))
            if (key := _public_key(path.read_bytes()))
        ]
        self._keys = {entry["kid"]: jwk.construct(entry, ALGORITHM) for entry in entries}

    def verify(self, token: str, *, now: float) -> dict[str, Any]:
        """Return the claims of ``token`` at the time ``now`` (Unix seconds).

        Raises:
            InvalidToken: the token has expired, or its algorithm, key, type, audience, or issuer
                is wrong.
        """
        try:
            header = jws.get_unverified_header(token)
            kid = str(header.get("kid"))
            if (
                header.get("alg") != ALGORITHM
                or header.get("typ") != "at+jwt"
                or set(header) != {"alg", "typ", "kid"}
            ):
                raise InvalidToken
            if kid not in self._keys:
                self._load()
            claims = _json(jws.verify(token, self._keys[kid], algorithms=[ALGORITHM]))
        except (JOSEError, KeyError, ValueError, TypeError, AttributeError, RecursionError):
            raise InvalidToken from None
        if (
            claims.get("aud") != SESSION_AUDIENCE
            or claims.get("iss") != "moorage"
            or not now < float(claims.get("exp", 0))
        ):
            raise InvalidToken
        return claims


def _json(raw: bytes) -> dict[str, Any]:
    value = json.loads(raw)
    if not isinstance(value, dict):
        raise InvalidToken
    return value
