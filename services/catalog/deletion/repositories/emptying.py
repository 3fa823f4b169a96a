"""Empties repositories in the registry. Each call can be repeated at any time: what is gone already is no error."""

import asyncio
from collections.abc import Collection

from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryUnavailable
from libs.common.registry.manifests import is_digest, parse_manifest
from services.catalog.deletion.tags.usecases import remove_tag

_AT_ONCE = 8
_ROUNDS = 5


class NotEmptied(RegistryUnavailable):
    """Tags keep coming; the next try goes on."""


class Remover:
    """Empties one repository, a few requests at a time."""

    def __init__(self, registry: Registry, repository: str) -> None:
        self._registry = registry
        self._repository = repository
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._blobs: set[str] = set()

    async def empty(self, *, manifests: Collection[str] = (), blobs: Collection[str] = ()) -> int:
        """Delete ``manifests``, what the registry's tags name, and the children of both; returns how many there were.

        Their blobs, and ``blobs``, are taken out of the repository, so that knowing a digest is of no use to the next owner of the name.
        Raises RegistryUnavailable.
        """
        self._blobs |= set(blobs)
        removed = await self._remove(set(manifests), seen=set())
        for _ in range(_ROUNDS):
            tags = await self._registry.list_tags(self._repository)
            if not tags:
                await asyncio.gather(*(self._remove_blob(digest) for digest in sorted(self._blobs)))
                return removed
            removed += await self._remove_tagged(tags)
        raise NotEmptied(f"{self._repository} still has tags")

    async def _remove_tagged(self, tags: list[str]) -> int:
        digests = await asyncio.gather(*(self._find_digest(tag) for tag in tags))
        for tag, digest in zip(tags, digests, strict=True):
            if digest is None:
                await remove_tag(
                    registry=self._registry, repository=self._repository, tag=tag
                )  # it names a manifest that is gone
        return await self._remove({digest for digest in digests if digest is not None}, seen=set())

    async def _remove(self, digests: set[str], *, seen: set[str]) -> int:
        """Delete manifests and then, step by step, the children that they name."""
        seen |= digests
        found = await asyncio.gather(*(self._remove_one(digest) for digest in sorted(digests)))
        children = {child for one in found if one is not None for child in one}
        removed = sum(one is not None for one in found)
        return removed + (await self._remove(children - seen, seen=seen) if children - seen else 0)

    async def _remove_one(self, digest: str) -> frozenset[str] | None:
        """The children that the manifest named; None: it was not there."""
        async with self._turns:
            fetched = await self._registry.find_manifest(self._repository, digest)
            if fetched is None:
                return None
            await self._registry.delete_manifest(self._repository, digest)
        manifest = parse_manifest(fetched.content, digest=digest, media_type=fetched.media_type)
        self._blobs |= {blob for blob, _ in manifest.blobs if is_digest(blob)}
        return frozenset(child.digest for child in manifest.children if is_digest(child.digest))

    async def _remove_blob(self, digest: str) -> None:
        async with self._turns:
            await self._registry.delete_blob(self._repository, digest)

    async def _find_digest(self, tag: str) -> str | None:
        async with self._turns:
            return await self._registry.find_digest(self._repository, tag)
