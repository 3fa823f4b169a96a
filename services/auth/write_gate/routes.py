"""`/internal/writes`: the gateway requests it before each write to the registry.

The gateway does not expose this path. Like `/token`, it is answered in front of the framework
(docs/adr/0013), because every upload waits for it. It writes no log line.
"""

from starlette.types import Receive, Scope, Send

from services.auth.write_gate.usecases import WriteGate

PATH = "/internal/writes"


class WriteGateApp:
    """ASGI app for the gateway's subrequest (nginx `auth_request`).

    It answers 204 if the write is allowed, and 403 with Retry-After and X-Refusal if not: nginx
    passes on no other refusal of a subrequest.
    """

    def __init__(self, gate: WriteGate) -> None:
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one subrequest."""
        given: dict[bytes, bytes] = dict(scope["headers"])
        refusal = await self._gate.find_refusal(
            method=given.get(b"x-original-method", b"").decode("latin-1"),
        )
        status, headers = (
            (204, [])
            if refusal is None
            else (
                403,
                [
                    (b"retry-after", str(refusal.seconds).encode()),
                    (b"x-refusal", refusal.reason.encode()),
                    (b"content-length", b"0"),
                ],
            )
        )
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
