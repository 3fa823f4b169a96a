"""`/internal/gate`: the gateway requests it before each write and each HEAD of a blob.

The gateway does not expose this path. Like `/token`, it is answered in front of the framework
(docs/adr/0013), because every upload waits for it. It writes no log line.
"""

from starlette.types import Receive, Scope, Send

from services.auth.gate.domain import Detour, Refusal
from services.auth.gate.usecases import Gate

PATH = "/internal/gate"

_Answer = tuple[int, list[tuple[bytes, bytes]]]


class GateApp:
    """ASGI app for the gateway's subrequest (nginx `auth_request`).

    It answers 204 if the request may go on, with X-Registry-URI if it must go to another address of
    the registry. It answers 403 with Retry-After and X-Refusal if not: nginx passes on no other
    refusal of a subrequest. If no wait helps, it has X-Refusal-Message in place of Retry-After.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one subrequest."""
        given: dict[bytes, bytes] = dict(scope["headers"])
        authorization = given.get(b"authorization")
        decision = await self._gate.decide(
            method=given.get(b"x-original-method", b"").decode("latin-1"),
            uri=given.get(b"x-original-uri", b"").decode("latin-1"),
            authorization=None if authorization is None else authorization.decode("latin-1"),
        )
        status, headers = _answer(decision)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def _answer(decision: Refusal | Detour | None) -> _Answer:
    if decision is None:
        return 204, []
    if isinstance(decision, Detour):
        return 204, [(b"x-registry-uri", decision.uri.encode("latin-1"))]
    headers = [(b"x-refusal", decision.reason.encode()), (b"content-length", b"0")]
    if decision.seconds is not None:
        headers.append((b"retry-after", str(decision.seconds).encode()))
    if decision.message is not None:
        headers.append((b"x-refusal-message", decision.message.encode("ascii")))
    return 403, headers
