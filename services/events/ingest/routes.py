"""``POST /registry-events``: the webhook that the registry delivers its events to.

The webhook is an ASGI app in front of the framework. The API's limit of 64 KiB and its log line for
each request do not fit it: the registry delivers one event after the other, so this response time
limits its rate, and a large body must be answered 202 too.
"""

import hmac

import structlog
from prometheus_client import Counter
from starlette.types import Receive, Scope, Send

from libs.common.db.pool import Pool
from libs.common.web import problems
from libs.common.web.errors import DatabaseUnavailable, Unauthenticated, Unavailable
from services.events.ingest import body, usecases
from services.events.ingest.arrivals import Arrivals
from services.events.ingest.domain import Event, Rejected

PATH = "/registry-events"
UNAUTHENTICATED = Counter(
    "moorage_events_unauthenticated_total", "Deliveries without the webhook's secret"
)
_log = structlog.get_logger()


class Webhook:
    """ASGI app that receives deliveries (spec 6).

    It answers 401 without reading the body if the secret is missing or wrong, 202 if the delivery
    is durable, and 503 within a second if the database is unreachable.
    """

    def __init__(self, *, secret: str, pool: Pool, arrivals: Arrivals) -> None:
        self._secret = secret.encode()
        self._pool = pool
        self._arrivals = arrivals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] != "POST":
            await problems.problem(
                405,
                "method_not_allowed",
                "Method Not Allowed",
                "Deliver events with POST",
                {"Allow": "POST"},
            )(scope, receive, send)
        elif not self._has_secret(scope):
            UNAUTHENTICATED.inc()
            address = (scope.get("client") or ("",))[0]
            _log.warning("delivery without the webhook's secret refused", address=address)
            error = Unauthenticated("The webhook's secret is missing or wrong")
            await problems.of_error(error)(scope, receive, send)
        else:
            await self._deliver(scope, receive, send)

    def _has_secret(self, scope: Scope) -> bool:
        headers = scope["headers"]
        authorization = next((value for name, value in headers if name == b"authorization"), b"")
        scheme, _, secret = authorization.partition(b" ")
        return hmac.compare_digest(secret, self._secret) and scheme.lower() == b"bearer"

    async def _deliver(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            delivery = await body.read(receive)
            events = await self._store(delivery)
        except body.IncompleteBody:
            error = Unavailable("The body is incomplete. Send the delivery again.")
            await problems.of_error(error)(scope, receive, send)
            return
        except DatabaseUnavailable as error:
            cause = type(error.__cause__).__name__
            _log.warning("delivery not stored; the registry retries it", cause=cause)
            await problems.of_error(error)(scope, receive, send)
            return
        headers = [(b"content-length", b"0")]
        if not delivery.complete:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": 202, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        self._arrivals.signal(events)

    async def _store(self, delivery: body.Body) -> tuple[Event, ...]:
        if not delivery.too_large:
            return await usecases.receive(pool=self._pool, raw=delivery.content)
        reason = f"larger than 4 MiB: {delivery.size} bytes, of which the first 64 KiB are stored"
        rejected = Rejected(reason, delivery.content, delivery.digest)
        await usecases.dead_letter(pool=self._pool, rejected=rejected)
        return ()
