"""``GET`` and ``POST /token``, and ``GET /.well-known/jwks.json``.

Errors of `/token` have Distribution's format, and none of them is a 422.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from libs.common.db.engine import is_unreachable
from libs.common.registry.error_format import error_body
from libs.common.security.keys import SigningKeys
from libs.common.web.authentication import client_address
from libs.common.web.errors import DatabaseUnavailable, MoorageError
from libs.common.web.provided import provided
from libs.common.web.service import Front, logged
from services.auth.registry_tokens import schemas, usecases
from services.auth.registry_tokens.domain import scope_text
from services.auth.registry_tokens.metrics import count_issued, count_refused
from services.auth.registry_tokens.request import (
    MAX_FORM_BYTES,
    TokenRequest,
    parse_form,
    parse_query,
)
from services.auth.registry_tokens.usecases import IssuedToken, TokenIssuer

router = APIRouter(tags=["registry tokens"])
_CODES = {
    400: "UNSUPPORTED",
    401: "UNAUTHORIZED",
    413: "SIZE_INVALID",
    429: "TOOMANYREQUESTS",
    503: "UNAVAILABLE",
}
_WHO_LOGS_IN = (
    "Log in as a Docker user, with its password or an access token. Accounts sign in to the web "
    "console only."
)
"""Ends each refusal, whoever tried to log in: the answer must not say which names exist."""
_NO_STORE = {"Cache-Control": "no-store"}
_TOKEN_HEADERS = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
_log = structlog.get_logger()


@router.get("/token", openapi_extra=schemas.GET_TOKEN, responses=schemas.TOKEN_RESPONSES)
async def get_token(request: Request) -> Response:
    """Issue a registry token for the requested scopes.

    Send the Docker user's name and password as Basic credentials; without them, the request is
    anonymous.
    """
    token_issuer = provided(TokenIssuer)(request)
    try:
        parsed = parse_query(
            request.scope["query_string"], _authorization(request), service=token_issuer.service
        )
        return await _issue(token_issuer, request, parsed)
    except Exception as error:
        return _refusal(error)


@router.post("/token", openapi_extra=schemas.POST_TOKEN, responses=schemas.TOKEN_RESPONSES)
async def post_token(request: Request) -> Response:
    """Issue a registry token by the OAuth2 variant, for a password or a refresh token."""
    token_issuer = provided(TokenIssuer)(request)
    try:
        parsed = parse_form(
            await request.body(),
            request.headers.get("content-type", ""),
            service=token_issuer.service,
        )
        return await _issue(token_issuer, request, parsed)
    except Exception as error:
        return _refusal(error)


def _as_app(endpoint: Callable[[Request], Awaitable[Response]]) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response = await endpoint(Request(scope, receive, send))
        await response(scope, receive, send)

    return app


class _TokenResponse(Response):
    """A response with a token. It skips Starlette's header logic, because its headers are fixed."""

    def __init__(self, body: bytes) -> None:
        self.status_code = 200
        self.body = body
        self.background = None
        self.raw_headers = [*_TOKEN_HEADERS, (b"content-length", b"%d" % len(body))]


@router.get("/.well-known/jwks.json", response_model=schemas.JsonWebKeySet)
async def get_jwks(request: Request) -> Response:
    """Return the public keys of registry tokens, newest first (RFC 7517)."""
    keys = [dict(key.public_jwk) for key in provided(SigningKeys)(request).all()]
    return JSONResponse({"keys": keys}, headers={"Cache-Control": "public, max-age=300"})


def _authorization(request: Request) -> str | None:
    return next(
        (
            value.decode("latin-1")
            for name, value in request.scope["headers"]
            if name == b"authorization"
        ),
        None,
    )


async def _issue(token_issuer: TokenIssuer, request: Request, parsed: TokenRequest) -> Response:
    issued = await usecases.issue_token(
        token_issuer=token_issuer, request=parsed, client_address=client_address(request)
    )
    count_issued(parsed.proof)
    return _TokenResponse(_body(issued, parsed))


def _body(issued: IssuedToken, parsed: TokenRequest) -> bytes:
    if issued.refresh_token is None and not parsed.is_form:
        return issued.signed.body
    more = {} if issued.refresh_token is None else {"refresh_token": issued.refresh_token}
    if parsed.is_form:
        more |= {"scope": scope_text(issued.access), "token_type": "Bearer"}
    # append the members to the signed object, which is already JSON
    return issued.signed.body[:-1] + b"," + json.dumps(more).encode()[1:]


def _refusal(error: Exception) -> Response:
    if isinstance(error, ClientDisconnect):
        return Response(status_code=400)  # nobody receives it
    if not isinstance(error, MoorageError):
        if not is_unreachable(error):
            _log.error("unexpected error", exc_info=error)
        error = DatabaseUnavailable()  # clients can handle a 503 and no other 5xx (spec 3)
    count_refused(error.code)
    headers = {**_NO_STORE, **error.headers}
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="moorage"'
    detail = f"{error.detail}. {_WHO_LOGS_IN}" if error.status == 401 else error.detail
    body = error_body(_CODES.get(error.status, "UNKNOWN"), detail)
    return JSONResponse(body, status_code=error.status, headers=headers)


FRONT: Final[Front] = {
    ("GET", "/token"): logged(_as_app(get_token)),
    ("POST", "/token"): logged(_as_app(post_token), max_body=MAX_FORM_BYTES, refuse=_refusal),
}
"""``/token`` in front of the framework, which costs as much as all the rest (docs/adr/0013).

The routes above document ``/token`` in OpenAPI and answer other methods.
"""
