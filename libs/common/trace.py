"""The trace of the current request (W3C Trace Context), which calls to the registry go on with."""

from contextvars import ContextVar

HEADER = "traceparent"
traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)
"""The value of the header for calls in the name of the current request, or None."""

_LENGTH = len("00-") + 32 + len("-") + 16 + len("-00")


def find_trace_id(value: bytes) -> str | None:
    """Return the trace id of a header's ``value``, 32 hex digits, or None if it is malformed."""
    if len(value) != _LENGTH or not value.startswith(b"00-"):
        return None
    trace_id = value[3:35]
    return str(trace_id, "ascii") if trace_id.isalnum() and value.isascii() else None
