"""Spans of requests for OpenTelemetry. Import it only if traces are exported: it takes 20 MB.

The variables ``OTEL_…`` of OpenTelemetry choose the receiver and the share of exported traces.
"""

import os

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.common.trace import HEADER
from libs.common.web.metrics import QUIET_PATHS, VERSION, route_of

_HEADERS = (b"traceparent", b"tracestate")


class Tracing:
    """Exports a span for each request of a service."""

    def __init__(self, service: str) -> None:
        """Start to export. ``service`` is the default of ``OTEL_SERVICE_NAME``."""
        name = os.environ.get("OTEL_SERVICE_NAME") or f"moorage-{service}"
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": name, "service.version": VERSION})
        )
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("moorage", VERSION)
        self._propagator = TraceContextTextMapPropagator()

    def close(self) -> None:
        """Export what is left, and end the export. It blocks."""
        self._provider.shutdown()

    async def serve(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request with ``app`` in a span, whose parent the gateway names."""
        if scope["path"] in QUIET_PATHS:
            await app(scope, receive, send)
            return
        carrier = {
            str(name, "ascii"): str(value, "latin-1")
            for name, value in scope["headers"]
            if name in _HEADERS
        }
        span = self._tracer.start_span(
            scope["method"], self._propagator.extract(carrier), kind=SpanKind.SERVER
        )
        given = {HEADER: ""}
        self._propagator.inject(given, set_span_in_context(span))
        # The log and calls to the registry belong to this span.
        headers = [pair for pair in scope["headers"] if pair[0] != b"traceparent"]
        scope["headers"] = [*headers, (b"traceparent", given[HEADER].encode())]
        status = 0

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await app(scope, receive, send_and_note)
        except Exception as error:
            status = status or 500
            span.record_exception(error)
            raise
        finally:
            route = route_of(scope)
            span.update_name(f"{scope['method']} {route}")
            span.set_attributes(
                {
                    "http.request.method": scope["method"],
                    "http.route": route,
                    "http.response.status_code": status,
                }
            )
            if status >= 500:
                span.set_status(Status(StatusCode.ERROR))
            span.end()
