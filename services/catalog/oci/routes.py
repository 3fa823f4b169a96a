"""Every request of the registry API that the catalog answers in place of the registry.

The gateway sends these requests here. They are answered in front of the framework (docs/adr/0013),
because every push waits for one. Errors have the registry's format.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from libs.common.db.engine import is_unreachable
from libs.common.registry.error_format import (
    NameUnknown,
    RegistryApiError,
    SizeInvalid,
    Unavailable,
    Unsupported,
)
from libs.common.web.errors import ContentTooLarge, MoorageError
from libs.common.web.metrics import ROUTE
from libs.common.web.provided import provided
from libs.common.web.service import Front, counted, logged
from services.catalog.admission.domain import MAX_BODY, UNAVAILABLE_RETRY_SECONDS
from services.catalog.oci.aliases.routes import PATH as ALIAS_PATH
from services.catalog.oci.aliases.routes import address_app
from services.catalog.oci.domain import Address, Kind, parse_address, template_of

Respond = Callable[[Request, Address], Awaitable[Response]]
_VERSION = {"Docker-Distribution-Api-Version": "registry/2.0"}
_log = structlog.get_logger()


class RegistryRoutes:
    """ASGI app that sends each request to the route for its method and kind of address."""

    def __init__(self, routes: Mapping[tuple[str, Kind], Respond]) -> None:
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except RegistryApiError as error:
            response = _refusal(error)
        except (ClientDisconnect, ContentTooLarge):
            return  # nobody receives the response, or the limit of the body sends it
        except Exception as error:
            if not is_unreachable(error):
                _log.error("unexpected error", exc_info=error)
            response = _refusal(
                Unavailable(
                    "the catalog cannot answer now; try again in a moment",
                    retry_after=UNAVAILABLE_RETRY_SECONDS,
                )
            )
        response.headers.update(_VERSION)
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        address = parse_address(request.scope["path"])
        request.scope[ROUTE] = "/v2/" if address is None else template_of(address.kind)
        if address is None:
            raise NameUnknown("there is nothing at this path")
        route = self._routes.get((request.method, address.kind))
        if route is None:
            raise Unsupported()
        return await route(request, address)


def _refusal(error: RegistryApiError) -> Response:
    return Response(json.dumps(error.body), error.status, error.headers, "application/json")


def _too_large(_: MoorageError) -> Response:
    refusal = _refusal(SizeInvalid(f"a manifest can have at most {MAX_BODY // 1024 // 1024} MiB"))
    refusal.headers.update(_VERSION)
    return refusal


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    await provided(RegistryRoutes)(Request(scope))(scope, receive, send)


FRONT: Final[Front] = {
    (None, "/v2/"): logged(_app, max_body=MAX_BODY, refuse=_too_large),
    (None, ALIAS_PATH): counted(address_app),
}
