"""``DELETE`` under ``/v2/``."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from libs.common.db.engine import Engine
from libs.common.registry.client import Registry
from libs.common.registry.manifests import is_digest
from services.catalog.deletion.images.usecases import delete_image
from services.catalog.deletion.tags.usecases import delete_tag
from services.catalog.images.domain import is_tag
from services.catalog.oci.authorization import Authorization
from services.catalog.oci.deletions.domain import in_registry_format, malformed
from services.catalog.oci.deletions.usecases import get_actor
from services.catalog.oci.domain import Address


class DeletionRoutes:
    """Responds to deletions by Docker clients.

    What they delete is in the trash for ``lifetime``; None turns the trash off.
    """

    def __init__(
        self,
        engine: Engine,
        registry: Registry,
        authorization: Authorization,
        *,
        lifetime: timedelta | None,
    ) -> None:
        self._engine = engine
        self._registry = registry
        self._authorization = authorization
        self._lifetime = lifetime

    async def delete_manifest(self, request: Request, address: Address) -> Response:
        """Delete a tag, or a manifest with all its tags."""
        actor = await get_actor(
            engine=self._engine,
            authorization=self._authorization,
            request=request,
            path=address.repository,
        )
        reference = address.reference
        with in_registry_format():
            if is_tag(reference):
                await delete_tag(
                    engine=self._engine,
                    registry=self._registry,
                    actor=actor,
                    tag=reference,
                    lifetime=self._lifetime,
                )
            elif is_digest(reference):
                await delete_image(
                    engine=self._engine,
                    registry=self._registry,
                    actor=actor,
                    digest=reference,
                    lifetime=self._lifetime,
                )
            else:
                raise malformed(reference)
        return Response(status_code=202)
