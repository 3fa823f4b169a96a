"""Push through the catalog's admission, as Docker clients do behind the gateway."""

from collections.abc import Mapping

import httpx

from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.http.tokens import sign_registry_token
from tests.kit.images import Blob, Image, Index


class Pusher:
    """Uploads blobs to the registry, and puts manifests through the catalog's app."""

    def __init__(self, http: httpx.AsyncClient, registry: RegistryUnderTest) -> None:
        self.http = http
        self._registry = registry

    async def push(
        self, content: Image | Index, repository: str, *tags: str, by: str = "alice"
    ) -> None:
        """Push an image or index; without a tag, by its digest."""
        for image in content.images if isinstance(content, Index) else (content,):
            self.upload(repository, *image.blobs)
            if isinstance(content, Index):
                await self._put(repository, image.manifest.digest, image.manifest, by)
        for tag in tags or (content.manifest.digest,):
            await self._put(repository, tag, content.manifest, by)

    def upload(self, repository: str, *blobs: Blob) -> None:
        """Upload blobs to a repository of the registry."""
        self._registry.upload(repository, *blobs)

    async def put(
        self,
        repository: str,
        reference: str,
        manifest: Blob,
        *,
        by: str = "alice",
        actions: str = "pull,push",
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Put a manifest, and return the response."""
        token = sign_registry_token(self._registry.key, by, f"repository:{repository}:{actions}")
        return await self.http.put(
            f"/v2/{repository}/manifests/{reference}",
            content=manifest.content,
            headers={
                "Authorization": f"Bearer {token}",
                "Content-Type": manifest.media_type,
                **(headers or {}),
            },
        )

    async def _put(self, repository: str, reference: str, manifest: Blob, by: str) -> None:
        answer = await self.put(repository, reference, manifest, by=by)
        assert answer.status_code == 201, answer.text
