"""The parts that the apps of all services share.

These are logs, health endpoints, error responses, the body limit, the database engine, and the
OpenAPI document.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.common.db.key_use import KeyUseNotifier
from libs.common.db.refusals import RefusalRecorder
from libs.common.tasks.background import running
from libs.common.web import health, openapi, problems
from libs.common.web.errors import (
    BadRequest,
    ContentTooLarge,
    HeaderTooLarge,
    MoorageError,
    NotFound,
    UriTooLong,
)
from libs.common.web.logging import RequestLog
from libs.common.web.metrics import HTTP, ROUTE, show_build
from libs.common.web.provided import provide

if TYPE_CHECKING:
    from libs.common.web.tracing import Tracing

MAX_BODY = 64 * 1024
"""Default limit of request bodies, in bytes."""
MAX_ADDRESS = 8 * 1024
"""Limit of path and query together, in bytes.

The header `Link` of a list repeats them. Encoding can triple their length, and the gateway accepts
headers of 32 KiB (`proxy_buffer_size`).
"""
MAX_COOKIES = 8 * 1024
"""Limit of the header Cookie, in bytes. The framework parses it for every request."""
MAX_PARAMETERS = 100
"""Limit of the parameters of a query. The framework would need 6 ms for the 4,000 that fit."""
Refuse = Callable[[MoorageError], Response]
"""Returns the response for an error, in the format of the path."""
_WITHOUT_BODY = frozenset({"GET", "HEAD"})
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
Front = Mapping[tuple[str | None, str], ASGIApp]
"""ASGI apps by method (None: any) and path. They run in place of the framework.

A path that ends with a slash stands for all paths below it.
"""


def build(
    *,
    title: str,
    description: str,
    engine: AsyncEngine,
    refusals: RefusalRecorder,
    connections: int,
    max_body: int = MAX_BODY,
    body_limits: Mapping[str, int] | None = None,
    lifespan: Lifespan | None = None,
    front: Front | None = None,
) -> FastAPI:
    """Return an app that uses ``engine`` and disposes of it at the end.

    ``refusals`` audits refused credentials; the app runs it. ``connections`` is how many
    connections to the database the app opens at most.

    ``max_body`` limits request bodies, in bytes. ``body_limits`` has other limits, by the path that
    they hold for; they also hold for the paths below it.

    ``lifespan`` starts background work and stops it before the engine closes. The apps of ``front``
    answer without the framework, whose middleware and routing cost more than their own work
    (docs/adr/0013). They add the middleware that they need with ``logged``.
    """
    key_use_notifier = KeyUseNotifier(engine)
    tracing = _start_tracing(title.rpartition(" ")[2])

    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(engine.dispose)
            if tracing is not None:
                stack.push_async_callback(asyncio.to_thread, tracing.close)
            stack.push_async_callback(key_use_notifier.flush)
            stack.push_async_callback(refusals.close)
            await stack.enter_async_context(running([key_use_notifier.run, refusals.run]))
            if lifespan is not None:
                await stack.enter_async_context(lifespan(app))
            yield

    app = _App(
        title=title,
        description=description,
        version="1",
        lifespan=run,
        # A redirect would send the client, with its secret, to the address in the header Host.
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
        middleware=[
            Middleware(RequestLog),
            Middleware(RequestCheck),
            Middleware(BodyLimit, limit=max_body, by_path=body_limits),
        ],
    )
    app.front = front or {}
    app.tracing = tracing
    show_build(title.rpartition(" ")[2], schema_revision=health.SCHEMA_REVISION)
    app.state.engine = engine
    app.state.connections = connections
    app.state.readiness = readiness = health.Readiness()
    provide(app, key_use_notifier, readiness, refusals)
    problems.install(app)
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]
    app.include_router(health.router)
    return app


def logged(
    app: ASGIApp, *, max_body: int = MAX_BODY, refuse: Refuse = problems.of_error
) -> ASGIApp:
    """Return ``app`` with the request log and a body limit of ``max_body`` bytes.

    ``refuse`` returns the response to a larger body. The framework's requests get both from
    ``build``.
    """
    return RequestLog(BodyLimit(app, max_body, refuse=refuse))


def counted(app: ASGIApp) -> ASGIApp:
    """Return ``app``, whose requests are counted. Use it for an app that writes no request log."""

    async def count(scope: Scope, receive: Receive, send: Send) -> None:
        status = 0

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        started = time.perf_counter()
        try:
            await app(scope, receive, send_and_note)
        except Exception:
            status = status or 500
            raise
        finally:
            HTTP.observe(scope, status, time.perf_counter() - started)

    return count


class _App(FastAPI):
    """Routes requests for a path of ``front`` to its app, and all others to the framework."""

    front: Front
    tracing: "Tracing | None"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.tracing is None or scope["type"] != "http":
            await self._serve(scope, receive, send)
        else:
            await self.tracing.serve(self._serve, scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        handler = None
        if scope["type"] == "http":
            method, path = scope["method"], scope["path"]
            handler = self.front.get((method, path)) or self.front.get((None, path))
            if handler is None:
                handler = self._below(path)
            else:
                scope[ROUTE] = path
        if handler is None:
            await super().__call__(scope, receive, send)
        else:
            scope["app"] = self
            await handler(scope, receive, send)

    def _below(self, path: str) -> ASGIApp | None:
        return next(
            (
                app
                for (_, prefix), app in self.front.items()
                if prefix.endswith("/") and path.startswith(prefix)
            ),
            None,
        )


def _start_tracing(service: str) -> "Tracing | None":
    """Export spans if the operator has named a receiver. Nobody else pays for OpenTelemetry."""
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return None
    from libs.common.web.tracing import Tracing

    return Tracing(service)


def _operation_id(route: APIRoute) -> str:
    return route.name


class RequestCheck:
    """ASGI middleware that refuses what the framework processes slowly or not correctly.

    It answers 404 for a path that ends with a line break: the framework's route patterns end with
    ``$``, which also matches before a final line break. It answers 414 for a path and query over
    ``MAX_ADDRESS``, 400 for a query of more than ``MAX_PARAMETERS`` parameters, and 431 for cookies
    over ``MAX_COOKIES``.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        error = _find_error(scope) if scope["type"] == "http" else None
        app = self._app if error is None else problems.of_error(error)
        await app(scope, receive, send)


def _find_error(scope: Scope) -> MoorageError | None:
    if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_ADDRESS:
        return UriTooLong(limit=MAX_ADDRESS)
    if scope["query_string"].count(b"&") >= MAX_PARAMETERS:
        return BadRequest(f"The query has more than {MAX_PARAMETERS} parameters. Remove some.")
    if scope["path"].endswith("\n"):
        return NotFound()
    if sum(len(value) for name, value in scope["headers"] if name == b"cookie") > MAX_COOKIES:
        return HeaderTooLarge(limit=MAX_COOKIES)
    return None


class BodyLimit:
    """ASGI middleware that answers 413 for a body over ``limit`` bytes.

    It counts the bytes if the length is not declared. ``by_path`` has other limits for some paths
    and the paths below them. ``refuse`` returns the response.
    """

    def __init__(
        self,
        app: ASGIApp,
        limit: int,
        *,
        by_path: Mapping[str, int] | None = None,
        refuse: Refuse = problems.of_error,
    ) -> None:
        self._app = app
        self._limit = limit
        self._by_path = by_path or {}
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] in _WITHOUT_BODY:
            await self._app(scope, receive, send)
            return
        limit = self._limit_of(scope["path"])
        request = Request(scope)
        declared = request.headers.get("content-length", "0")
        if not declared.isdigit() or int(declared) > limit:
            await self._refuse(ContentTooLarge(limit=limit))(scope, receive, send)
            return
        received = 0

        async def receive_limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise ContentTooLarge(limit=limit)
            return message

        async def send_unless_too_large(message: Message) -> None:
            if received <= limit:
                await send(message)

        # FastAPI turns every error while it reads a body into a 400, so this sends the 413 itself.
        await self._app(scope, receive_limited, send_unless_too_large)
        if received > limit:
            await self._refuse(ContentTooLarge(limit=limit))(scope, receive, send)

    def _limit_of(self, path: str) -> int:
        for above, limit in self._by_path.items():
            if path == above or path.startswith(f"{above}/"):
                return limit
        return self._limit
