"""Parses token requests: GET with Basic (Distribution token spec), or a form (OAuth2 variant)."""

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import parse_qsl

from libs.common.web.errors import BadRequest
from services.auth.cache.two_generation import TwoGenerationCache
from services.auth.passwords.domain import LoginRefused
from services.auth.registry_tokens.domain import Scope, parse_scopes

FORM = "application/x-www-form-urlencoded"
MAX_FORM_BYTES = 64 * 1024
MAX_FORM_FIELDS = 100
"""More fields would block the service while it parses them (spec 4)."""
_PUBLIC_FIELDS = frozenset({"service", "scope", "account", "client_id", "offline_token"})
_MAX_CACHED_BYTES = 1024
_CACHE_SIZE = 512


@dataclass(frozen=True, slots=True)
class PasswordProof:
    """A user name, and a password or an access token."""

    username: str
    password: str


@dataclass(frozen=True, slots=True)
class RefreshProof:
    """A refresh token."""

    secret: str


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A request for a registry token in either form. A ``proof`` of None means anonymous."""

    proof: PasswordProof | RefreshProof | None
    scopes: tuple[Scope, ...]
    client_id: str
    wants_refresh_token: bool
    is_form: bool


@dataclass(frozen=True, slots=True)
class _Query:
    """The part of a GET request that does not depend on the client's identity."""

    scopes: tuple[Scope, ...]
    client_id: str
    wants_refresh_token: bool


# Many machines send the same query again and again. The cache takes at most 4 MiB, because a query
# of this length holds at most 90 scopes. A query with an unknown field is not cached: the field may
# contain a secret.
_queries: TwoGenerationCache[tuple[bytes, str], _Query] = TwoGenerationCache(_CACHE_SIZE)


def parse_query(query: bytes, authorization: str | None, *, service: str) -> TokenRequest:
    """Parse a GET request.

    Raises:
        BadRequest: the request names another service.
        LoginRefused: the Authorization header is malformed.
    """
    parsed = _queries.get((query, service))
    if parsed is None:
        fields = _parse_fields(query)
        if any(value != service for value in fields.get("service", [])):
            raise BadRequest(f"service: must be {service!r}")
        parsed = _Query(
            scopes=tuple(parse_scopes(fields.get("scope", []))),
            client_id=_first(fields, "client_id"),
            wants_refresh_token=_first(fields, "offline_token") == "true",
        )
        if len(query) <= _MAX_CACHED_BYTES and fields.keys() <= _PUBLIC_FIELDS:
            _queries[query, service] = parsed
    proof = None if authorization is None else parse_basic(authorization)
    return TokenRequest(
        proof, parsed.scopes, parsed.client_id, parsed.wants_refresh_token, is_form=False
    )


def parse_form(body: bytes, content_type: str, *, service: str) -> TokenRequest:
    """Parse a POST request.

    Raises:
        BadRequest: the body is not a form, has too many fields, lacks a field, or names another
            service.
    """
    if content_type.partition(";")[0].strip().lower() != FORM:
        raise BadRequest(f"Content-Type: must be {FORM}")
    try:
        fields = _parse_fields(body, max_fields=MAX_FORM_FIELDS)
    except ValueError:
        raise BadRequest(f"The form has more than {MAX_FORM_FIELDS} fields") from None
    if fields.get("service", []) != [service]:
        raise BadRequest(f"service: must be {service!r}")
    return TokenRequest(
        proof=_parse_form_proof(fields),
        scopes=tuple(parse_scopes(fields.get("scope", []))),
        client_id=_first(fields, "client_id"),
        wants_refresh_token=_first(fields, "access_type") == "offline",
        is_form=True,
    )


def parse_basic(authorization: str) -> PasswordProof:
    """Parse an Authorization header (RFC 7617).

    Raises:
        LoginRefused: the header is malformed. Such a request is never treated as anonymous.
    """
    scheme, _, encoded = authorization.partition(" ")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        raise LoginRefused from None
    username, colon, password = text.partition(":")
    if scheme.lower() != "basic" or not colon or not username or not password:
        raise LoginRefused
    return PasswordProof(username, password)


def _parse_form_proof(fields: dict[str, list[str]]) -> PasswordProof | RefreshProof:
    match _first(fields, "grant_type"):
        case "password":
            return PasswordProof(_required(fields, "username"), _required(fields, "password"))
        case "refresh_token":
            return RefreshProof(_required(fields, "refresh_token"))
        case _:
            raise BadRequest("grant_type: must be 'password' or 'refresh_token'")


def _parse_fields(encoded: bytes, *, max_fields: int | None = None) -> dict[str, list[str]]:
    """Return the values of each field. Raises ValueError if there are more than ``max_fields``."""
    fields: dict[str, list[str]] = {}
    for name, value in parse_qsl(
        encoded.decode("utf-8", "replace"),
        keep_blank_values=True,
        errors="replace",
        max_num_fields=max_fields,
    ):
        fields.setdefault(name, []).append(value)
    return fields


def _first(fields: dict[str, list[str]], name: str) -> str:
    return fields.get(name, [""])[0]


def _required(fields: dict[str, list[str]], name: str) -> str:
    value = _first(fields, name)
    if not value:
        raise BadRequest(f"{name}: missing")
    return value
