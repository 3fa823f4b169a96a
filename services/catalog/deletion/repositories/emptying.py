"""Delete the content of a repository from the registry.

Each call can be repeated at any time: it is not an error if something is gone already.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection

from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryRefused, RegistryUnavailable
from libs.common.registry.manifests import is_digest, parse_manifest
from services.catalog.deletion.tags.usecases import remove_tag

KeepContent = Callable[[str, bytes], Awaitable[None]]
"""Keeps the content of a manifest in the trash before it is deleted."""

_CONCURRENT_REQUESTS = 8
_MAX_ROUNDS = 5


class StillPushed(RegistryUnavailable):
    """Clients push tags as fast as they are deleted. The worker retries."""


class RepositoryCleaner:
    """Empties one repository, with a few concurrent requests."""

    def __init__(
        self, registry: Registry, repository: str, *, keep: KeepContent | None = None
    ) -> None:
        self._registry = registry
        self._keep = keep
        self._repository = repository
        self._requests = asyncio.Semaphore(_CONCURRENT_REQUESTS)
        self._blobs: set[str] = set()

    async def empty(self, *, manifests: Collection[str] = (), blobs: Collection[str] = ()) -> int:
        """Delete ``manifests``, the tagged manifests, and the children of both; return the count.

        Their blobs and ``blobs`` are unlinked from the repository, so that the next owner of the
        name cannot pull a blob by its digest.

        Raises RegistryUnavailable.
        """
        self._blobs |= set(blobs)
        count = await self._delete_manifests(set(manifests), seen=set())
        for _ in range(_MAX_ROUNDS):
            tags = await self._registry.list_tags(self._repository)
            if not tags:
                await asyncio.gather(*(self._delete_blob(blob) for blob in sorted(self._blobs)))
                return count
            count += await self._delete_tagged(tags)
        raise StillPushed(f"The repository {self._repository} still has tags.")

    async def _delete_tagged(self, tags: list[str]) -> int:
        digests = await asyncio.gather(*(self._find_digest(tag) for tag in tags))
        for tag, digest in zip(tags, digests, strict=True):
            if digest is None:  # the tag names a manifest that is gone or unreadable
                await remove_tag(registry=self._registry, repository=self._repository, tag=tag)
        found = {digest for digest in digests if digest is not None}
        return await self._delete_manifests(found, seen=set())

    async def _delete_manifests(self, digests: set[str], *, seen: set[str]) -> int:
        """Delete manifests, then their children, and so on; return how many existed."""
        seen |= digests
        deleted = await asyncio.gather(*(self._delete_manifest(one) for one in sorted(digests)))
        count = sum(children is not None for children in deleted)
        unseen = {child for children in deleted for child in children or ()} - seen
        return count + (await self._delete_manifests(unseen, seen=seen) if unseen else 0)

    async def _delete_manifest(self, digest: str) -> frozenset[str] | None:
        """Delete a manifest; return the digests of its children, or None if it did not exist."""
        async with self._requests:
            try:
                fetched = await self._registry.find_manifest(self._repository, digest)
            except RegistryRefused:  # Its content can be damaged.
                fetched = None
                await self._registry.delete_manifest(self._repository, digest)
            if fetched is None:
                return None
            if self._keep is not None:
                await self._keep(digest, fetched.content)
            await self._registry.delete_manifest(self._repository, digest)
        manifest = parse_manifest(fetched.content, digest=digest, media_type=fetched.media_type)
        self._blobs |= {blob for blob, _ in manifest.blobs if is_digest(blob)}
        return frozenset(child.digest for child in manifest.children if is_digest(child.digest))

    async def _delete_blob(self, digest: str) -> None:
        async with self._requests:
            await self._registry.delete_blob(self._repository, digest)

    async def _find_digest(self, tag: str) -> str | None:
        async with self._requests:
            try:
                return await self._registry.find_digest(self._repository, tag)
            except RegistryRefused:
                return None  # Its link can be damaged. The tag is deleted alone.
