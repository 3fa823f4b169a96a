"""The token endpoint in OpenAPI.

``request.py`` parses the requests itself, because a malformed one must not be a 422.
"""

from typing import Any

from pydantic import BaseModel, Field

from services.auth.passwords.domain import LoginRefused


class RegistryTokenOut(BaseModel):
    """A registry token (Distribution token spec, "Token Response Fields")."""

    token: str = Field(description="the token, ES256 with x5c", examples=["eyJhbGciOiJFUzI1NiIs…"])
    access_token: str = Field(description="the same token", examples=["eyJhbGciOiJFUzI1NiIs…"])
    expires_in: int = Field(description="seconds from `issued_at`", examples=[300])
    issued_at: str = Field(description="RFC 3339", examples=["2026-11-24T07:00:00Z"])
    refresh_token: str | None = Field(
        default=None, description="only if requested, see `offline_token` and `access_type`"
    )
    scope: str | None = Field(
        default=None,
        description="POST only: the granted access",
        examples=["repository:team/app:pull"],
    )


class RegistryError(BaseModel):
    """One error in Distribution's format."""

    code: str = Field(examples=["UNAUTHORIZED"])
    message: str = Field(examples=[LoginRefused.title])
    detail: str | None = None


class RegistryErrors(BaseModel):
    """Errors in Distribution's format."""

    errors: list[RegistryError]


class JsonWebKey(BaseModel):
    """A public key (RFC 7517)."""

    kty: str = Field(examples=["EC"])
    crv: str = Field(examples=["P-256"])
    x: str = Field(description="base64url, 32 bytes")
    y: str = Field(description="base64url, 32 bytes")
    alg: str = Field(examples=["ES256"])
    use: str = Field(examples=["sig"])
    kid: str = Field(description="thumbprint (RFC 7638)")


class JsonWebKeySet(BaseModel):
    """The public keys of registry tokens."""

    keys: list[JsonWebKey]


TOKEN_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "model": RegistryTokenOut,
        "description": "A token; its `access` contains only what is allowed",
    },
    400: {
        "model": RegistryErrors,
        "description": "The request names another service, lacks a field, or has more than "
        "100 fields or parameters",
    },
    401: {"model": RegistryErrors, "description": "The credentials are wrong"},
    413: {"model": RegistryErrors, "description": "The form is larger than 64 KiB"},
    429: {"model": RegistryErrors, "description": "Too many logins, see Retry-After"},
    503: {"model": RegistryErrors, "description": "The database is unreachable"},
}


def _query(name: str, description: str, example: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "description": description,
        "schema": {"type": "string"},
        "example": example,
    }


GET_TOKEN: dict[str, Any] = {
    "x-registry-errors": True,
    "security": [{"HTTPBasic": []}, {}],
    "parameters": [
        _query("service", "the registry's name, from its challenge", "moorage"),
        _query(
            "scope",
            "`repository:{path}:{actions}`, or `registry:catalog:*` for the list of repositories; "
            "may be repeated",
            "repository:team/app:pull",
        ),
        _query("account", "ignored; the credentials name the Docker user", "alice"),
        _query("client_id", "name of the client", "docker"),
        _query(
            "offline_token",
            "`true` requests a refresh token, if the Docker user's `token_login` is on",
            "true",
        ),
    ],
}

POST_TOKEN: dict[str, Any] = {
    "x-registry-errors": True,
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["grant_type", "service"],
                    "properties": {
                        "grant_type": {"type": "string", "enum": ["password", "refresh_token"]},
                        "service": {"type": "string", "example": "moorage"},
                        "client_id": {"type": "string", "example": "containerd"},
                        "scope": {"type": "string", "example": "repository:team/app:pull"},
                        "username": {"type": "string"},
                        "password": {"type": "string", "format": "password"},
                        "refresh_token": {"type": "string"},
                        "access_type": {"type": "string", "enum": ["online", "offline"]},
                    },
                }
            }
        },
    },
}
