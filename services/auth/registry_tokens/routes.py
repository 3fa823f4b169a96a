"""``GET`` and ``POST /token``, ``GET /.well-known/jwks.json``. Errors are in Distribution's format; nothing here is a 422."""

import json
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from libs.common.db.engine import is_unreachable
from libs.common.security.keys import SigningKeys
from libs.common.web.authentication import client_address
from libs.common.web.errors import DatabaseUnavailable, MoorageError
from libs.common.web.provided import provided
from libs.common.web.service import Front, logged
from services.auth.registry_tokens import schemas, usecases
from services.auth.registry_tokens.domain import scope_text
from services.auth.registry_tokens.request import TokenRequest, parse_form, parse_query
from services.auth.registry_tokens.usecases import IssuedToken, TokenIssuer

router = APIRouter(tags=["registry tokens"])
_CODES = {
    400: "UNSUPPORTED",
    401: "UNAUTHORIZED",
    413: "SIZE_INVALID",
    429: "TOOMANYREQUESTS",
    503: "UNAVAILABLE",
}
_log = structlog.get_logger()
_NOT_CACHED = {"Cache-Control": "no-store"}
_GOOD = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]


@router.get("/token", openapi_extra=schemas.GET_TOKEN, responses=schemas.TOKEN_RESPONSES)
async def get_token(request: Request) -> Response:
    """A registry token for the scopes asked for, with the Docker user's name and password as Basic credentials, or anonymous."""
    token_issuer = provided(TokenIssuer)(request)
    try:
        asked = parse_query(
            request.scope["query_string"], _authorization(request), service=token_issuer.service
        )
        return await _issue(token_issuer, request, asked)
    except Exception as error:
        return _refusal(error)


@router.post("/token", openapi_extra=schemas.POST_TOKEN, responses=schemas.TOKEN_RESPONSES)
async def post_token(request: Request) -> Response:
    """A registry token by the OAuth2 variant, with a password or a refresh token."""
    token_issuer = provided(TokenIssuer)(request)
    try:
        asked = parse_form(
            await request.body(),
            request.headers.get("content-type", ""),
            service=token_issuer.service,
        )
        return await _issue(token_issuer, request, asked)
    except Exception as error:
        return _refusal(error)


def _as_app(answer: Callable[[Request], Awaitable[Response]]) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response = await answer(Request(scope, receive, send))
        await response(scope, receive, send)

    return app


FRONT: Final[Front] = {
    ("GET", "/token"): logged(_as_app(get_token)),
    ("POST", "/token"): logged(_as_app(post_token)),
}
"""``/token`` without the framework, which costs as much as all the rest (docs/adr/0013). The routes above are what OpenAPI tells, and
answer other methods."""


class _TokenResponse(Response):
    """A good answer. Its headers are put together here, since these are always the same."""

    def __init__(self, body: bytes) -> None:
        self.status_code = 200
        self.body = body
        self.background = None
        self.raw_headers = [*_GOOD, (b"content-length", b"%d" % len(body))]


@router.get("/.well-known/jwks.json", response_model=schemas.JsonWebKeySet)
async def get_jwks(request: Request) -> Response:
    """The public keys of registry tokens, newest first (RFC 7517)."""
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


async def _issue(token_issuer: TokenIssuer, request: Request, asked: TokenRequest) -> Response:
    issued = await usecases.issue(token_issuer, asked, client_address=client_address(request))
    return _TokenResponse(_body(issued, asked))


def _body(issued: IssuedToken, asked: TokenRequest) -> bytes:
    if issued.refresh_token is None and not asked.is_form:
        return issued.signed.body
    more = {} if issued.refresh_token is None else {"refresh_token": issued.refresh_token}
    if asked.is_form:
        more |= {"scope": scope_text(issued.access), "token_type": "Bearer"}
    return (
        issued.signed.body[:-1] + b"," + json.dumps(more).encode()[1:]
    )  # the same object, with more in it


def _refusal(error: Exception) -> Response:
    if isinstance(error, ClientDisconnect):
        return Response(status_code=400)  # nobody hears it
    if not isinstance(error, MoorageError):
        if not is_unreachable(error):
            _log.error("unexpected error", exc_info=error)
        error = (
            DatabaseUnavailable()
        )  # no other 5xx here, for clients know what to do with none (spec 3)
    headers = {**_NOT_CACHED, **error.headers}
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="moorage"'
    item = {"code": _CODES.get(error.status, "UNKNOWN"), "message": error.detail, "detail": None}
    return JSONResponse({"errors": [item]}, status_code=error.status, headers=headers)
