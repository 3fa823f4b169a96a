"""``POST /registry-events``: the webhook, for the registry alone.

It stands in front of the app rather than in it: the app's limit of 1 MiB and its log line per request are not for a path whose time to
answer caps what the registry can report, and whose answer to a large body is 202.
"""

import hmac

import structlog
from starlette.types import Receive, Scope, Send

from libs.common.db.pool import Pool
from libs.common.web import problems
from libs.common.web.errors import DatabaseUnavailable, Unauthenticated, Unavailable
from services.events import metrics
from services.events.feed.wakeup import Wakeup
from services.events.ingest import body, usecases
from services.events.ingest.domain import Event, Refused

PATH = "/registry-events"
_log = structlog.get_logger()


class Webhook:
    """ASGI app that answers the webhook.

    401 without the secret, and nothing is read; otherwise 202, or 503 within a second while the database is away (spec 6).
    """

    def __init__(self, *, secret: str, pool: Pool, wakeup: Wakeup) -> None:
        self._secret = secret.encode()
        self._pool = pool
        self._wakeup = wakeup

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            refusal = problems.problem(
                405,
                "method_not_allowed",
                "Method Not Allowed",
                "Deliver with POST",
                {"Allow": "POST"},
            )
            await refusal(scope, receive, send)
        elif not self._knows_secret(scope):
            metrics.unauthenticated.inc()
            _log.warning(
                "a delivery without the webhook's secret was refused",
                address=(scope.get("client") or ("",))[0],
            )
            await problems.of_error(Unauthenticated("The webhook's secret is missing or wrong"))(
                scope, receive, send
            )
        else:
            await self._deliver(scope, receive, send)

    def _knows_secret(self, scope: Scope) -> bool:
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        scheme, _, secret = given.partition(b" ")
        return hmac.compare_digest(secret, self._secret) and scheme.lower() == b"bearer"

    async def _deliver(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            events, complete = await self._take(receive)
        except body.Disconnected:
            await problems.of_error(Unavailable("The body did not arrive"))(scope, receive, send)
            return
        except DatabaseUnavailable as error:
            _log.warning(
                "a delivery was not stored: the registry will send it again",
                cause=type(error.__cause__).__name__,
            )
            await problems.of_error(error)(scope, receive, send)
            return
        headers = (
            [(b"content-length", b"0")]
            if complete
            else [(b"content-length", b"0"), (b"connection", b"close")]
        )
        await send({"type": "http.response.start", "status": 202, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        self._wake(events)

    async def _take(self, receive: Receive) -> tuple[tuple[Event, ...], bool]:
        delivery = await body.read(receive)
        if not delivery.too_large:
            return await usecases.receive(self._pool, delivery.content), True
        reason = f"larger than 4 MiB: {delivery.size} bytes, of which the beginning is kept"
        await usecases.set_aside(self._pool, Refused(reason, delivery.content), delivery.digest)
        return (), delivery.complete

    def _wake(self, events: tuple[Event, ...]) -> None:
        for event in events:
            (self._wakeup.pulls if event.action == "pull" else self._wakeup.feed).set()
