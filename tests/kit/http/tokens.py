"""Requests to the token endpoint, readers of its tokens, and forged tokens.

Sources: Distribution token specification, "Requesting a Token" (GET) and "OAuth2" (POST);
RFC 7515 for the forged tokens.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import json
import secrets
import time
import uuid
from collections.abc import Sequence
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

from libs.common.security.jwt import SigningKey

SERVICE = "moorage"


def request_token(
    http: httpx.Client,
    *scopes: str,
    auth: tuple[str, str] | None = None,
    service: str | None = SERVICE,
    **parameters: str,
) -> httpx.Response:
    """Send `GET /token` with one parameter for each scope."""
    query: list[tuple[str, str | int | float | bool | None]] = [
        ("scope", scope) for scope in scopes
    ]
    if service is not None:
        query.append(("service", service))
    query.extend(parameters.items())
    return http.get("/token", params=query, auth=_basic(auth))


def post_token_form(http: httpx.Client, **form: str) -> httpx.Response:
    """Send `POST /token` with exactly these form fields."""
    return http.post("/token", data=form)


def token_for(http: httpx.Client, *scopes: str, auth: tuple[str, str] | None = None) -> str:
    """Return a token for ``scopes``. It may allow less than they name."""
    token: str = request_token(http, *scopes, auth=auth).raise_for_status().json()["token"]
    return token


def claims_of(token: str) -> dict[str, Any]:
    """Return the claims of a token without verifying its signature."""
    claims: dict[str, Any] = json.loads(_decode(token.split(".")[1]))
    return claims


def header_of(token: str) -> dict[str, Any]:
    """Return the header of a token."""
    header: dict[str, Any] = json.loads(_decode(token.split(".")[0]))
    return header


def access_of(answer: httpx.Response) -> dict[str, set[str]]:
    """Return the actions that a response of the token endpoint allows, by repository.

    Raises:
        AssertionError: the status is not 200, a repository occurs twice, or an entry is not a
            repository.
    """
    assert answer.status_code == 200, answer.text
    entries = claims_of(answer.json()["token"])["access"]
    assert all(entry["type"] == "repository" for entry in entries), entries
    names = [entry["name"] for entry in entries]
    assert len(names) == len(set(names)), entries
    return {entry["name"]: set(entry["actions"]) for entry in entries}


def sign_registry_token(key: SigningKey, subject: str, *scopes: str) -> str:
    """Sign a token for the registry, as a service does for its own calls.

    Args:
        key: a key that the registry trusts.
        subject: the claim ``sub``, which the registry reports as the actor of an event.
        scopes: what the token allows, such as ``repository:team/app:pull,push``.
    """
    now = int(time.time())
    access = []
    for scope in scopes:
        kind, name, actions = scope.split(":")
        access.append({"type": kind, "name": name, "actions": actions.split(",")})
    return key.sign(
        {
            "iss": "moorage",
            "aud": SERVICE,
            "sub": subject,
            "iat": now,
            "nbf": now,
            "exp": now + 300,
            "jti": uuid.uuid4().hex,
            "access": access,
        }
    )


def forged_claims(genuine: str, repository: str, actions: Sequence[str]) -> dict[str, Any]:
    """Return the claims of a genuine token with more access."""
    now = int(time.time())
    access = [{"type": "repository", "name": repository, "actions": list(actions)}]
    return {**claims_of(genuine), "access": access, "iat": now, "nbf": now - 1, "exp": now + 300}


def unsigned(claims: dict[str, Any], header: dict[str, Any]) -> str:
    """Return a token with `alg: none` and an empty signature."""
    return f"{_signing_input({**header, 'alg': 'none'}, claims)}."


def signed_with_public_key(
    claims: dict[str, Any], header: dict[str, Any], public_pem: bytes
) -> str:
    """Return an HS256 token whose secret is a public key (the algorithm confusion attack)."""
    body = _signing_input({**header, "alg": "HS256"}, claims)
    return f"{body}.{_encode(hmac.new(public_pem, body.encode(), hashlib.sha256).digest())}"


def signed(claims: dict[str, Any], header: dict[str, Any], key: ec.EllipticCurvePrivateKey) -> str:
    """Return an ES256 token signed with the forger's key."""
    body = _signing_input({**header, "alg": "ES256"}, claims)
    r, s = decode_dss_signature(key.sign(body.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{body}.{_encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def self_signed_certificate(key: ec.EllipticCurvePrivateKey) -> str:
    """Return a self-signed certificate in base64 DER, for an `x5c` header."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "moorage")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(secrets.randbits(64))
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .sign(key, hashes.SHA256())
    )
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()


def public_jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    """Return the forger's public key as a `jwk` header."""
    numbers = key.public_key().public_numbers()
    x, y = (_encode(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def public_pem_of(token: str) -> bytes:
    """Return the public key (PEM) of the certificate in a genuine token."""
    certificate = x509.load_der_x509_certificate(base64.b64decode(header_of(token)["x5c"][0]))
    return certificate.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _basic(credentials: tuple[str, str] | None) -> httpx.Auth | None:
    return httpx.BasicAuth(*credentials) if credentials else None


def _signing_input(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return ".".join(
        _encode(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims)
    )


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
