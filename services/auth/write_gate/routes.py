"""`/internal/writes`: what the gateway asks before each write to the registry. It is not reachable from outside.

It stands in front of the app, as the events service's webhook does (docs/adr/0008): every upload waits for its answer, which
needs no log line.
"""

from starlette.types import Receive, Scope, Send

from services.auth.write_gate.usecases import WriteGate

PATH = "/internal/writes"


class WriteQuestion:
    """ASGI app that answers the gateway's question.

    204: it may be sent on. 403 with Retry-After: not now; nginx takes no other refusal from a subrequest (auth_request).
    """

    def __init__(self, gate: WriteGate) -> None:
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given: dict[bytes, bytes] = dict(scope["headers"])
        seconds = await self._gate.retry_after(
            method=given.get(b"x-original-method", b"").decode("latin-1"),
            uri=given.get(b"x-original-uri", b"").decode("latin-1"),
            authorization=given.get(b"authorization", b"").decode("latin-1"),
        )
        status, headers = (
            (204, [])
            if seconds is None
            else (403, [(b"retry-after", str(seconds).encode()), (b"content-length", b"0")])
        )
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
