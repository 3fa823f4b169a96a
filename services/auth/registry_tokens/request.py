"""Parses token requests: GET with Basic (Distribution token spec), or a form (OAuth2 variant)."""

import base64
import binascii
from dataclasses import dataclass
from string import hexdigits

from libs.common.web.errors import BadRequest
from services.auth.cache.two_generation import TwoGenerationCache
from services.auth.passwords.domain import LoginRefused
from services.auth.registry_tokens.domain import Scope, parse_scopes

FORM = "application/x-www-form-urlencoded"
MAX_FORM_BYTES = 64 * 1024
MAX_FIELDS = 100
"""How many fields a query or a form can have. More of them would block the event loop (spec 4)."""
_PUBLIC_FIELDS = frozenset({"service", "scope", "account", "client_id", "offline_token"})
_BYTES = {f"{a}{b}".encode(): bytes.fromhex(a + b) for a in hexdigits for b in hexdigits}
"""The byte of each pair of hexadecimal digits."""
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
        BadRequest: the request names another service, or has too many parameters.
        LoginRefused: the Authorization header is malformed.
    """
    parsed = _queries.get((query, service))
    if parsed is None:
        fields = _parse_limited(query, "The query", "parameters")
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
    fields = _parse_limited(body, "The form", "fields")
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


def _parse_limited(encoded: bytes, what: str, items: str) -> dict[str, list[str]]:
    try:
        return parse_fields(encoded, max_fields=MAX_FIELDS)
    except ValueError:
        raise BadRequest(
            f"{what} has more than {MAX_FIELDS} {items}. Put several scopes into one `scope`, "
            "separated by spaces."
        ) from None


def parse_fields(encoded: bytes, *, max_fields: int) -> dict[str, list[str]]:
    """Return the values of each field of a query or form (`application/x-www-form-urlencoded`).

    ``urllib.parse.parse_qsl`` needs up to three times as long for a form that was made to be slow.

    Raises:
        ValueError: there are more than ``max_fields`` fields.
    """
    if encoded.count(b"&") >= max_fields:
        raise ValueError("too many fields")
    fields: dict[str, list[str]] = {}
    for field in encoded.split(b"&"):
        if field:
            name, _, value = field.partition(b"=")
            fields.setdefault(_decode(name), []).append(_decode(value))
    return fields


def _decode(encoded: bytes) -> str:
    first, *rest = encoded.replace(b"+", b" ").split(b"%")
    decoded = [first]
    for part in rest:
        byte = _BYTES.get(part[:2])
        decoded.append(b"%" + part if byte is None else byte + part[2:])
    return b"".join(decoded).decode("utf-8", "replace")


def _first(fields: dict[str, list[str]], name: str) -> str:
    return fields.get(name, [""])[0]


def _required(fields: dict[str, list[str]], name: str) -> str:
    value = _first(fields, name)
    if not value:
        raise BadRequest(f"{name}: missing")
    return value
