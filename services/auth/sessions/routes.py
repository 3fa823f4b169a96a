"""``/api/v1/sessions``: sign in, refresh, sign out."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from libs.common.db.engine import Tx
from libs.common.web import problems
from libs.common.web.authentication import SessionRequired, SignedIn, client_address
from libs.common.web.errors import DatabaseUnavailable, Invalid, LimitReached, Unauthenticated
from libs.common.web.provided import provided
from services.auth.passwords.domain import LoginRefused, LoginsBusy, LoginThrottled
from services.auth.sessions import usecases
from services.auth.sessions.domain import CrossSite, RefreshSecret, SessionEnded, parse_cookie
from services.auth.sessions.schemas import SessionIn, SessionOut
from services.auth.sessions.usecases import SessionService

PATH = "/api/v1/sessions"
MAX_BODY = 16 * 1024
"""Limit of the bodies of these paths, in bytes. Anonymous clients can send them."""
Sessions = Annotated[SessionService, Depends(provided(SessionService))]
router = APIRouter(prefix=PATH, tags=["sessions"])


@router.post(
    "",
    status_code=201,
    responses=problems.responses(
        LoginRefused,
        LoginThrottled,
        LoginsBusy,
        CrossSite,
        LimitReached,
        Invalid,
        DatabaseUnavailable,
    ),
)
async def create_session(
    request: Request, response: Response, session_service: Sessions, body: SessionIn
) -> SessionOut:
    """Sign in: the response contains an access token, and sets an HttpOnly refresh cookie."""
    _require_same_site(request)
    opened = await usecases.sign_in(
        session_service=session_service,
        username=body.username,
        password=body.password,
        client_address=client_address(request),
    )
    response.headers["Location"] = f"{PATH}/current"
    _set_cookie(request, response, session_service, opened.refresh_secret)
    return SessionOut.model_validate(opened)


@router.post(
    "/refresh",
    response_model=SessionOut,
    responses={
        **problems.responses(SessionEnded, CrossSite, DatabaseUnavailable),
        204: {"description": "There is no refresh cookie"},
    },
)
async def refresh_session(
    request: Request, response: Response, session_service: Sessions
) -> Response | SessionOut:
    """Exchange the refresh cookie for a new access token and a new cookie.

    Without the cookie, the response is a 204.
    """
    _require_same_site(request)
    cookie = request.cookies.get(_cookie_name(request))
    if not cookie:
        return Response(status_code=204)
    secret = parse_cookie(cookie)
    try:
        if secret is None:
            usecases.record_refusal(
                session_service=session_service,
                session=None,
                client_address=client_address(request),
            )
            raise SessionEnded
        opened = await usecases.refresh(
            session_service=session_service,
            secret=secret,
            client_address=client_address(request),
        )
    except SessionEnded as error:
        refusal = problems.of_error(error)
        _delete_cookie(request, refusal)
        return refusal
    _set_cookie(request, response, session_service, opened.refresh_secret)
    return SessionOut.model_validate(opened)


@router.delete(
    "/current",
    status_code=204,
    responses=problems.responses(Unauthenticated, SessionRequired, DatabaseUnavailable),
)
async def delete_current_session(
    request: Request, response: Response, tx: Tx, actor: SignedIn
) -> None:
    """Sign out: end the session, its access tokens, and its cookie."""
    await usecases.sign_out(tx=tx, actor=actor)
    _delete_cookie(request, response)


@router.delete(
    "",
    status_code=204,
    responses=problems.responses(Unauthenticated, SessionRequired, DatabaseUnavailable),
)
async def delete_sessions(request: Request, response: Response, tx: Tx, actor: SignedIn) -> None:
    """Sign out everywhere: end all sessions of the account."""
    await usecases.sign_out_everywhere(tx=tx, actor=actor)
    _delete_cookie(request, response)


def _require_same_site(request: Request) -> None:
    origin = request.headers.get("origin")
    if origin is None:
        return
    try:
        host = urlsplit(origin).netloc
    except ValueError:
        raise CrossSite from None
    if host != request.headers.get("host"):
        raise CrossSite


def _cookie_name(request: Request) -> str:
    # browsers share cookies between ports: without the port in the name, two installations on one
    # host would overwrite each other's cookies
    port = request.url.port or (443 if request.url.scheme == "https" else 80)
    return f"moorage_refresh_{port}"


def _set_cookie(
    request: Request, response: Response, session_service: SessionService, secret: RefreshSecret
) -> None:
    response.set_cookie(
        _cookie_name(request),
        secret.cookie(),
        max_age=int(session_service.lifetime.total_seconds()),
        path=PATH,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    response.headers["Cache-Control"] = "no-store"


def _delete_cookie(request: Request, response: Response) -> None:
    response.delete_cookie(
        _cookie_name(request),
        path=PATH,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
