"""Empties repositories in the registry. Each call can be repeated at any time: what is gone already is no error."""

import asyncio
from collections.abc import Collection

from services.catalog.images.manifests import INDEX_TYPES, parse_manifest
from services.catalog.registry import Registry, RegistryUnavailable
from services.catalog.untagging.usecases import remove_tag

_AT_ONCE = 8
_ROUNDS = 5


class NotEmptied(RegistryUnavailable):
    """Tags keep coming; the next try goes on."""


class Remover:
    """Deletes all that a repository holds, a few requests at a time."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def empty(self, repository: str, known: Collection[str]) -> int:
        """Delete the ``known`` manifests, what the registry's tags name, and the children of both; returns how many there were.

        Raises RegistryUnavailable.
        """
        removed = await self._remove(repository, set(known), seen=set())
        for _ in range(_ROUNDS):
            tags = await self._registry.list_tags(repository)
            if not tags:
                return removed
            removed += await self._remove_tagged(repository, tags)
        raise NotEmptied(f"{repository} still has tags")

    async def _remove_tagged(self, repository: str, tags: list[str]) -> int:
        digests = await asyncio.gather(*(self._find_digest(repository, tag) for tag in tags))
        for tag, digest in zip(tags, digests, strict=True):
            if digest is None:
                await remove_tag(registry=self._registry, repository=repository, tag=tag)  # it names a manifest that is gone
        return await self._remove(repository, {digest for digest in digests if digest is not None}, seen=set())

    async def _remove(self, repository: str, digests: set[str], *, seen: set[str]) -> int:
        """Delete manifests and, layer by layer, the children and blobs that they name."""
        seen |= digests
        found = await asyncio.gather(*(self._remove_one(repository, digest) for digest in sorted(digests)))
        children = {child for one in found if one is not None for child in one}
        removed = sum(one is not None for one in found)
        return removed + (await self._remove(repository, children - seen, seen=seen) if children - seen else 0)

    async def _remove_one(self, repository: str, digest: str) -> frozenset[str] | None:
        """The children that the manifest named; None: it was not there."""
        async with self._turns:
            fetched = await self._registry.find_manifest(repository, digest)
            if fetched is None:
                return None
            manifest = parse_manifest(fetched.content, digest=digest, media_type=fetched.media_type)
            await self._registry.delete_manifest(repository, digest)
        if manifest.media_type not in INDEX_TYPES:
            return frozenset()
        return frozenset(child.digest for child in manifest.children if child.digest)

    async def _find_digest(self, repository: str, tag: str) -> str | None:
        async with self._turns:
            return await self._registry.find_digest(repository, tag)
