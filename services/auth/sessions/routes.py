"""``/api/v1/sessions``: sign in, refresh, sign out."""

from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from starlette.responses import Response

from libs.common.db.engine import Tx
from libs.common.web import problems
from libs.common.web.authentication import SessionRequired, SignedIn, client_address
from libs.common.web.errors import DatabaseUnavailable, Invalid, Unauthenticated
from libs.common.web.provided import provided
from services.auth.passwords.domain import LoginRefused, LoginsBusy, LoginThrottled
from services.auth.sessions import usecases
from services.auth.sessions.domain import CrossSite, RefreshSecret, SessionEnded, parse_cookie
from services.auth.sessions.schemas import SessionIn, SessionOut
from services.auth.sessions.usecases import SessionService

PATH = "/api/v1/sessions"
router = APIRouter(prefix=PATH, tags=["sessions"])


@router.post(
    "",
    status_code=201,
    responses=problems.responses(
        LoginRefused, LoginThrottled, LoginsBusy, CrossSite, Invalid, DatabaseUnavailable
    ),
)
async def create_session(request: Request, response: Response, body: SessionIn) -> SessionOut:
    """Sign in: an access token in the answer, and a refresh cookie that only the browser sees."""
    _same_site(request)
    service = provided(SessionService)(request)
    opened = await usecases.sign_in(
        service,
        username=body.username,
        password=body.password,
        client_address=client_address(request),
    )
    response.headers["Location"] = f"{PATH}/current"
    _set_cookie(request, response, service, opened.refresh)
    return SessionOut.of(opened)


@router.post(
    "/refresh",
    response_model=SessionOut,
    responses={
        **problems.responses(SessionEnded, CrossSite, DatabaseUnavailable),
        204: {"description": "There is no refresh cookie"},
    },
)
async def refresh_session(request: Request, response: Response) -> Response | SessionOut:
    """A new access token by the refresh cookie, which is replaced; without the cookie a 204."""
    _same_site(request)
    cookie = request.cookies.get(_cookie_name(request))
    if not cookie:
        return Response(status_code=204)
    service = provided(SessionService)(request)
    secret = parse_cookie(cookie)
    try:
        if secret is None:
            raise SessionEnded
        opened = await usecases.refresh(service, secret=secret)
    except SessionEnded as error:
        refusal = problems.of_error(error)
        _clear_cookie(request, refusal)
        return refusal
    _set_cookie(request, response, service, opened.refresh)
    return SessionOut.of(opened)


@router.delete(
    "/current",
    status_code=204,
    responses=problems.responses(Unauthenticated, SessionRequired, DatabaseUnavailable),
)
async def delete_current_session(
    request: Request, response: Response, tx: Tx, actor: SignedIn
) -> None:
    """Sign out: the session ends with its access tokens and its cookie."""
    await usecases.sign_out(tx, actor=actor)
    _clear_cookie(request, response)


@router.delete(
    "",
    status_code=204,
    responses=problems.responses(Unauthenticated, SessionRequired, DatabaseUnavailable),
)
async def delete_sessions(request: Request, response: Response, tx: Tx, actor: SignedIn) -> None:
    """Sign out everywhere: all sessions of the account end."""
    await usecases.sign_out_everywhere(tx, actor=actor)
    _clear_cookie(request, response)


def _same_site(request: Request) -> None:
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise CrossSite


def _cookie_name(request: Request) -> str:
    # cookies do not tell ports apart, so two installations on one host would overwrite each other's
    port = request.url.port or (443 if request.url.scheme == "https" else 80)
    return f"moorage_refresh_{port}"


def _set_cookie(
    request: Request, response: Response, service: SessionService, refresh: RefreshSecret
) -> None:
    response.set_cookie(
        _cookie_name(request),
        refresh.cookie(),
        max_age=int(service.lifetime.total_seconds()),
        path=PATH,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    response.headers["Cache-Control"] = "no-store"


def _clear_cookie(request: Request, response: Response) -> None:
    response.delete_cookie(
        _cookie_name(request),
        path=PATH,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
