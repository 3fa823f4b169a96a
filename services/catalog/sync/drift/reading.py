"""Asks the registry for all that it holds. Nothing here touches the database."""

import asyncio
from collections.abc import Iterable

from libs.common.registry.client import Registry
from services.catalog.sync.drift.domain import Held, Known, digests_to_ask

AT_ONCE = 8


class Lister:
    """Lists repositories, at most a few requests at a time."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def list_repositories(self) -> list[str]:
        """All of them, or RegistryUnavailable."""
        return await self._registry.list_repositories()

    async def read(self, repository: str, known: Known) -> Held:
        """All tags of a repository, and which of what the catalog knows is there. Raises RegistryUnavailable."""
        names = await self._registry.list_tags(repository)
        found = await asyncio.gather(*(self._digest(repository, tag) for tag in names))
        tags = {tag: digest for tag, digest in zip(names, found, strict=True) if digest is not None}
        return Held(tags, await self._present(repository, digests_to_ask(known, tags)))

    async def _present(self, repository: str, digests: Iterable[str]) -> frozenset[str]:
        asked = sorted(digests)
        there = await asyncio.gather(*(self._has(repository, digest) for digest in asked))
        return frozenset(digest for digest, is_there in zip(asked, there, strict=True) if is_there)

    async def _digest(self, repository: str, tag: str) -> str | None:
        async with self._turns:
            return await self._registry.find_digest(
                repository, tag
            )  # None: listed, but its manifest is gone

    async def _has(self, repository: str, digest: str) -> bool:
        async with self._turns:
            return await self._registry.has_manifest(repository, digest)
