"""`/internal/manifest-address`: the gateway requests it before a pull by a sha512 digest.

The gateway does not expose this path. The registry decides whether the client can pull: this
response says nothing but under which digest the registry would have the manifest.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from libs.common.db.engine import Engine, autocommit, is_unreachable
from libs.common.web.provided import provided
from services.catalog.manifest_aliases.queries import find_canonical
from services.catalog.oci.domain import Kind, parse_address

_NO_CONTENT = f"sha256:{'0' * 64}"
"""No content has this digest."""

PATH = "/internal/manifest-address"


class AliasRoutes:
    """Responds to subrequests of the gateway (nginx `auth_request`)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def respond(self, request: Request) -> Response:
        """Return 204, with X-Registry-URI if the manifest has another address in the registry."""
        address = parse_address(request.headers.get("x-original-uri", ""))
        if address is None or address.kind is not Kind.MANIFEST:
            return Response(status_code=204)
        try:
            async with autocommit(self._engine) as tx:
                canonical = await find_canonical(tx, digest=address.reference)
        except Exception as error:
            if not is_unreachable(error):
                raise
            return Response(status_code=503)
        if canonical is None and not address.reference.startswith("sha512:"):
            return Response(status_code=204)
        # The registry may have a link by this digest to a manifest that was deleted.
        uri = f"/v2/{address.repository}/manifests/{canonical or _NO_CONTENT}"
        return Response(status_code=204, headers={"X-Registry-URI": uri})


async def address_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one subrequest. It writes no log line."""
    response = await provided(AliasRoutes)(Request(scope)).respond(Request(scope))
    await response(scope, receive, send)
