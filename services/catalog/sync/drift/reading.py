"""Reads the content of repositories from the registry, without the database."""

import asyncio
from collections.abc import Iterable

from libs.common.registry.client import Registry
from services.catalog.sync.drift.domain import CatalogContent, RegistryContent, digests_to_request

_CONCURRENT_REQUESTS = 8


class RegistryReader:
    """Reads repositories of the registry, with a few concurrent requests."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._requests = asyncio.Semaphore(_CONCURRENT_REQUESTS)

    async def list_repositories(self) -> list[str]:
        """Return the paths of all repositories. Raises RegistryUnavailable."""
        return await self._registry.list_repositories()

    async def read(self, repository: str, catalog: CatalogContent) -> RegistryContent:
        """Return the repository's tags, and those manifests in the catalog that the registry has.

        Raises RegistryUnavailable.
        """
        names = await self._registry.list_tags(repository)
        found = await asyncio.gather(*(self._find_digest(repository, tag) for tag in names))
        # The registry also lists a tag whose manifest is gone.
        tags = {tag: digest for tag, digest in zip(names, found, strict=True) if digest is not None}
        digests = digests_to_request(catalog, tags)
        return RegistryContent(tags, await self._find_present(repository, digests))

    async def _find_present(self, repository: str, digests: Iterable[str]) -> frozenset[str]:
        requested = sorted(digests)
        found = await asyncio.gather(*(self._has_manifest(repository, one) for one in requested))
        return frozenset(one for one, is_there in zip(requested, found, strict=True) if is_there)

    async def _find_digest(self, repository: str, tag: str) -> str | None:
        async with self._requests:
            return await self._registry.find_digest(repository, tag)

    async def _has_manifest(self, repository: str, digest: str) -> bool:
        async with self._requests:
            return await self._registry.has_manifest(repository, digest)
