"""Structured logs: one JSON object per line, with the request id from the gateway.

A log that cannot be written, such as on a full disk, stops neither requests nor background work.
"""

import json
import logging
import random
import sys
import time
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TextIO, cast

import structlog
from prometheus_client import Counter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.common.trace import find_trace_id, traceparent
from libs.common.web.metrics import HTTP, QUIET_PATHS

_LOGGED_METHOD_CHARACTERS = 20
_LOGGED_PATH_CHARACTERS = 512
_request_of_line: ContextVar[tuple[str, str | None] | None] = ContextVar(
    "request and trace", default=None
)
_text = json.JSONEncoder().encode
_failed_writes = Counter(
    "moorage_log_failed_writes_total", "Writes to the log that failed, such as on a full disk"
)


class _Output:
    """Writes to a stream, and counts failures instead of raising them.

    A disk that becomes full can cut a line. The next line that can be written then begins on a new
    line.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._failed = False

    def write(self, text: str) -> None:
        try:
            self._stream.write(f"\n{text}" if self._failed else text)
            self._failed = False
        except OSError:
            self._failed = True
            _failed_writes.inc()

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            _failed_writes.inc()


@dataclass(slots=True)
class _Setup:
    """The configuration of this process. ``requests`` is whether requests are logged."""

    service: str = ""
    requests: bool = True
    output: _Output | None = None


_setup = _Setup()


def configure(service: str, level: str) -> None:
    """Write the logs of this process from ``level`` upwards to standard output."""
    _setup.service = service
    _setup.output = output = _Output(sys.stdout)
    _setup.requests = logging.getLevelName(level.upper()) <= logging.INFO
    shared: list[Any] = [
        _add_request_id,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        lambda _logger, _method, event: {"service": service, **event},
        structlog.processors.ExceptionRenderer(
            # Local variables can hold passwords.
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        ),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, output)),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(output)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)


def _add_request_id(_logger: Any, _method: str, event: Any) -> Any:
    ids = _request_of_line.get()
    if ids is not None:
        event["request_id"] = ids[0]
        if ids[1] is not None:
            event["trace_id"] = ids[1]
    return event


def _write_request(ids: tuple[str, str | None], scope: Scope, status: int, seconds: float) -> None:
    """Write the log line of a request.

    It bypasses structlog, which takes as long as the rest of a token request (bench/results.md).
    It cuts what the client chooses, so that nobody can fill the disk with long lines.
    """
    method = _text(scope["method"][:_LOGGED_METHOD_CHARACTERS])
    path = _text(scope["path"][:_LOGGED_PATH_CHARACTERS])
    at = datetime.now(UTC).isoformat()[:-6]
    output = _setup.output or _Output(sys.stdout)
    trace = "" if ids[1] is None else f' "trace_id": "{ids[1]}",'
    output.write(
        f'{{"service": {_text(_setup.service)}, "request_id": "{ids[0]}",{trace}'
        f' "method": {method}, "path": {path}, "status": {status},'
        f' "milliseconds": {seconds * 1000:.2f}, "event": "request", "level": "info",'
        f' "at": "{at}Z"}}\n'
    )
    output.flush()


class RequestLog:
    """ASGI middleware that logs and counts each request, without its query string.

    It also adds the ids of request and trace to every log line, and the request id to the response.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, parent = _find_ids(scope)
        ids = request_id, None if parent is None else find_trace_id(parent)
        header = (b"x-request-id", request_id.encode())
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), header]
            await send(message)

        started = time.perf_counter()
        before = _request_of_line.set(ids)
        if ids[1] is not None and parent is not None:
            traceparent.set(str(parent, "ascii"))
        try:
            await self._app(scope, receive, send_with_id)
        except Exception:
            status = status or 500
            raise
        finally:
            if scope["path"] not in QUIET_PATHS:
                seconds = time.perf_counter() - started
                HTTP.observe(scope, status, seconds)
                if _setup.requests:
                    _write_request(ids, scope, status, seconds)
            _request_of_line.reset(before)


def _find_ids(scope: Scope) -> tuple[str, bytes | None]:
    """Return the request id, a new one if the gateway has given none, and the traceparent."""
    request_id: str | None = None
    parent: bytes | None = None
    for name, value in scope["headers"]:
        if name == b"x-request-id" and value.isalnum() and len(value) <= 64:
            request_id = str(value, "ascii")
        elif name == b"traceparent":
            parent = value
    if request_id is None:
        request_id = f"{random.getrandbits(128):032x}"  # need not be a secret
    return request_id, parent
