"""``DELETE`` under ``/v2/``."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from libs.common.db.engine import Engine, autocommit
from libs.common.registry.client import Registry
from libs.common.registry.manifests import is_digest
from services.catalog.deletion.blobs.usecases import delete_blob
from services.catalog.deletion.domain import DeletionActor
from services.catalog.deletion.images.usecases import delete_image
from services.catalog.deletion.tags.usecases import delete_tag
from services.catalog.images.domain import is_tag
from services.catalog.manifest_aliases.queries import find_canonical
from services.catalog.oci.authorization import Authorization
from services.catalog.oci.deletions.domain import in_registry_format, malformed, malformed_digest
from services.catalog.oci.deletions.usecases import cancel_upload, get_actor, get_requester
from services.catalog.oci.domain import Address


class DeletionRoutes:
    """Responds to deletions by Docker clients.

    What they delete is in the trash for ``lifetime``; None turns the trash off. ``restore_links``
    is whether a restore can link layers to a repository again.
    """

    def __init__(
        self,
        engine: Engine,
        registry: Registry,
        authorization: Authorization,
        *,
        lifetime: timedelta | None,
        restore_links: bool,
    ) -> None:
        self._engine = engine
        self._registry = registry
        self._authorization = authorization
        self._lifetime = lifetime
        self._restore_links = restore_links

    async def delete_manifest(self, request: Request, address: Address) -> Response:
        """Delete a tag, or a manifest with all its tags."""
        actor = await self._get_actor(request, address)
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
                    digest=await self._canonical(reference),
                    lifetime=self._lifetime,
                )
            else:
                raise malformed(reference)
        return Response(status_code=202)

    async def _canonical(self, digest: str) -> str:
        """Return the digest under which the catalog and the registry have a manifest."""
        async with autocommit(self._engine) as tx:
            return await find_canonical(tx, digest=digest) or digest

    async def delete_blob(self, request: Request, address: Address) -> Response:
        """Unlink a blob from the repository."""
        requester = await get_requester(
            engine=self._engine,
            authorization=self._authorization,
            request=request,
            path=address.repository,
        )
        if not is_digest(address.reference):
            raise malformed_digest()
        with in_registry_format():
            await delete_blob(
                engine=self._engine,
                registry=self._registry,
                repository=address.repository,
                requester=requester,
                digest=address.reference,
                restore_links=self._restore_links,
            )
        return Response(status_code=202)

    async def cancel_upload(self, request: Request, address: Address) -> Response:
        """Cancel an upload, for which a token that can push is enough."""
        self._authorization.check(request, address.repository, "pull", "push")
        await cancel_upload(
            registry=self._registry,
            path=address.repository,
            upload=address.reference,
            state=request.query_params.get("_state", ""),
        )
        return Response(status_code=204)

    async def _get_actor(self, request: Request, address: Address) -> DeletionActor:
        return await get_actor(
            engine=self._engine,
            authorization=self._authorization,
            request=request,
            path=address.repository,
        )
