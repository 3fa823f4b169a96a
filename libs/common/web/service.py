"""What every service's app has alike: logs, health, problems, body limit, its engine and what is told of it in OpenAPI."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.common.db.key_use import KeyUseNotifier
from libs.common.tasks.background import running
from libs.common.web import health, openapi, problems
from libs.common.web.errors import ContentTooLarge, NotFound
from libs.common.web.logging import RequestLog
from libs.common.web.provided import provide

MAX_BODY = 1024 * 1024
_WITHOUT_BODY = frozenset({"GET", "HEAD"})  # nobody reads theirs
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
Front = Mapping[tuple[str | None, str], ASGIApp]
"""Apps that answer in front of the framework, by method (None: any) and path."""


def build(
    *,
    title: str,
    description: str,
    engine: AsyncEngine,
    max_body: int = MAX_BODY,
    lifespan: Lifespan | None = None,
    front: Front = {},
) -> FastAPI:
    """An app that provides ``engine``; ``lifespan`` starts background work and ends it before the engine closes.

    The apps of ``front`` answer in front of the framework, whose layers cost more than their work (docs/adr/0013). They bring the
    layers that they need themselves: see ``logged``.
    """

    key_uses = KeyUseNotifier(engine)

    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(engine.dispose)
            stack.push_async_callback(key_uses.flush)
            await stack.enter_async_context(running([key_uses.run]))
            if lifespan is not None:
                await stack.enter_async_context(lifespan(app))
            yield

    app = _App(
        title=title,
        description=description,
        version="1",
        lifespan=run,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
        middleware=[
            Middleware(RequestLog),
            Middleware(WholePaths),
            Middleware(BodyLimit, limit=max_body),
        ],
    )
    app.front = front
    app.state.engine = engine
    provide(app, key_uses)
    problems.install(app)
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]
    app.include_router(health.router)
    return app


def logged(app: ASGIApp, *, max_body: int = MAX_BODY) -> ASGIApp:
    """``app`` with a log line for each request and a limit of ``max_body`` bytes, as the framework's requests have them."""
    return RequestLog(BodyLimit(app, max_body))


class _App(FastAPI):
    """Sends requests for a path of ``front`` there, and all others through the framework."""

    front: Front = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = None
        if scope["type"] == "http":
            method, path = scope["method"], scope["path"]
            answer = self.front.get((method, path)) or self.front.get((None, path))
        if answer is None:
            await super().__call__(scope, receive, send)
        else:
            scope["app"] = self
            await answer(scope, receive, send)


def _operation_id(route: APIRoute) -> str:
    return route.name


class WholePaths:
    """ASGI middleware: a path that ends with a line break is a 404. The framework's patterns end with `$`, which overlooks one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].endswith("\n"):
            await problems.of_error(NotFound())(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class BodyLimit:
    """ASGI middleware: a body over ``limit`` bytes is a 413, whether or not its length was declared."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _WITHOUT_BODY:
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        declared = request.headers.get("content-length", "0")
        if not declared.isdigit() or int(declared) > self._limit:
            await problems.of_error(ContentTooLarge())(scope, receive, send)
            return
        seen = 0

        async def receive_limited() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                raise ContentTooLarge
            return message

        async def send_unless_too_large(message: Message) -> None:
            if seen <= self._limit:
                await send(message)

        # FastAPI makes a 400 of whatever goes wrong while it reads a body, so the answer is given here.
        await self._app(scope, receive_limited, send_unless_too_large)
        if seen > self._limit:
            await problems.of_error(ContentTooLarge())(scope, receive, send)
