"""Reads the content of repositories from the registry, without the database."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryUnavailable
from libs.common.registry.manifests import foreign_layers
from services.catalog.sync.drift.domain import CatalogContent, RegistryContent, digests_to_request

T = TypeVar("T")
_CONCURRENT_REQUESTS = 8


class RegistryReader:
    """Reads repositories of the registry, with a few concurrent requests.

    With ``checks_blobs``, it also reads whether the images have all of their blobs.
    """

    def __init__(self, registry: Registry, *, checks_blobs: bool) -> None:
        self._registry = registry
        self._checks_blobs = checks_blobs
        self._requests = asyncio.Semaphore(_CONCURRENT_REQUESTS)

    async def list_repositories(self) -> list[str]:
        """Return the paths of all repositories. Raises RegistryUnavailable."""
        return await self._registry.list_repositories()

    async def check(self) -> None:
        """Raise RegistryUnavailable unless the registry works."""
        await self._registry.check()

    async def read(self, repository: str, catalog: CatalogContent) -> RegistryContent:
        """Return the repository's tags, and those manifests in the catalog that the registry has.

        What the registry fails to read is damaged.

        Raises:
            RegistryUnavailable: The registry cannot list the tags, or does not work at all.
        """
        names = await self._registry.list_tags(repository)
        found = await self._read_each(repository, names, self._registry.find_digest)
        # The registry also lists a tag whose manifest is gone.
        damaged = {tag for tag in names if found[tag] is None and tag in catalog.tags}
        damaged |= {tag for tag in names if isinstance(found[tag], RegistryUnavailable)}
        tags = {tag: digest for tag, digest in found.items() if isinstance(digest, str)}
        digests = digests_to_request(catalog, tags)
        there = await self._read_each(repository, sorted(digests), self._registry.has_manifest)
        damaged |= {one for one in digests if isinstance(there[one], RegistryUnavailable)}
        if damaged:
            await self._registry.check()
        present = frozenset(one for one in digests if there[one] is True)
        missing = await self._find_missing_blobs(
            repository, catalog, present | frozenset(tags.values())
        )
        return RegistryContent(tags, present, frozenset(damaged), missing)

    async def _find_missing_blobs(
        self, repository: str, catalog: CatalogContent, manifests: frozenset[str]
    ) -> frozenset[tuple[str, str]]:
        """Return the pairs of a manifest and a blob that it needs and that the registry lacks."""
        if not self._checks_blobs:
            return frozenset()
        needed = {blob: of & manifests for blob, of in catalog.blobs.items() if of & manifests}
        there = await self._read_each(repository, sorted(needed), self._registry.has_blob)
        missing = {(of, blob) for blob in needed if there[blob] is False for of in needed[blob]}
        images = sorted({of for of, _ in missing})
        contents = await self._read_each(repository, images, self._registry.find_manifest)
        foreign = {
            of: foreign_layers(content.content)
            for of, content in contents.items()
            if content is not None and not isinstance(content, RegistryUnavailable)
        }
        return frozenset(pair for pair in missing if pair[1] not in foreign.get(pair[0], ()))

    async def _read_each(
        self,
        repository: str,
        references: Iterable[str],
        request: Callable[[str, str], Awaitable[T]],
    ) -> dict[str, T | RegistryUnavailable]:
        """Return the answer for each tag or digest, or the error of the registry."""
        requested = list(references)
        answers = await asyncio.gather(
            *(self._try(request, repository, reference) for reference in requested)
        )
        return dict(zip(requested, answers, strict=True))

    async def _try(
        self, request: Callable[[str, str], Awaitable[T]], repository: str, reference: str
    ) -> T | RegistryUnavailable:
        try:
            async with self._requests:
                return await request(repository, reference)
        except RegistryUnavailable as error:
            return error
