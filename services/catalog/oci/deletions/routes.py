"""``DELETE`` under ``/v2/``."""

from starlette.requests import Request
from starlette.responses import Response

from libs.common.registry.error_format import Denied
from services.catalog.oci.authorization import Authorization
from services.catalog.oci.domain import Address


class DeletionRoutes:
    """Responds to deletions by Docker clients."""

    def __init__(self, authorization: Authorization) -> None:
        self._authorization = authorization

    async def delete(self, request: Request, address: Address) -> Response:
        """Refuse the deletion: no grant allows it yet (spec 2)."""
        self._authorization.check(request, address.repository, "pull")
        raise Denied(
            "Docker users cannot delete images; the owner of the namespace can, in the console or "
            "with the JSON API"
        )
