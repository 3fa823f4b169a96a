"""Read the states of repositories from the registry. Nothing here uses the database."""

import asyncio
from collections.abc import Collection, Iterable

import structlog

from libs.common.registry.client import Registry
from libs.common.registry.manifests import (
    INDEX_TYPES,
    NO_CONFIG,
    Manifest,
    parse_config,
    parse_manifest,
)
from services.catalog.images.description import Described, describe_image, describe_index
from services.catalog.sync.states.domain import (
    MAX_CHILDREN,
    MAX_CONFIG_BYTES,
    MAX_DEPTH,
    Wanted,
)

_CONCURRENT_REQUESTS = 8
_log = structlog.get_logger()


class Reader:
    """Reads manifests with a few concurrent requests, and each manifest once."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._requests = asyncio.Semaphore(_CONCURRENT_REQUESTS)
        self._described: dict[tuple[str, str], Described | None] = {}

    async def find_tags(self, wanted: Iterable[Wanted]) -> dict[tuple[str, str], str | None]:
        """Return the digest of each wanted tag (repository, tag), or None if the tag is gone.

        Raises RegistryUnavailable.
        """
        keys = [(of.path, tag) for of in wanted for tag in of.tags]
        digests = await asyncio.gather(*(self._find_tag(*key) for key in keys))
        return dict(zip(keys, digests, strict=True))

    async def find_deleted(self, candidates: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        """Return those manifests (repository, digest) that the registry does not have.

        Raises RegistryUnavailable.
        """
        keys = sorted(candidates)
        there = await asyncio.gather(*(self._has_manifest(*key) for key in keys))
        return {key for key, is_there in zip(keys, there, strict=True) if not is_there}

    async def describe(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Described]:
        """Return the manifests (repository, digest) with their configs and children.

        Manifests that are gone are left out.

        Raises RegistryUnavailable.
        """
        await asyncio.gather(
            *(self._describe(repository, digest, MAX_DEPTH) for repository, digest in sorted(keys))
        )
        return {
            key: described for key, described in self._described.items() if described is not None
        }

    async def delete(self, manifests: Collection[tuple[str, str]]) -> None:
        """Delete the manifests (repository, digest) with their tags.

        Raises RegistryUnavailable.
        """
        await asyncio.gather(
            *(self._delete(repository, digest) for repository, digest in sorted(manifests))
        )

    async def _delete(self, repository: str, digest: str) -> None:
        async with self._requests:
            if await self._registry.delete_manifest(repository, digest):
                _log.warning(
                    "deleted a manifest that was pushed to an ownerless path",
                    repository=repository,
                    digest=digest,
                )

    async def _find_tag(self, repository: str, tag: str) -> str | None:
        async with self._requests:
            return await self._registry.find_digest(repository, tag)

    async def _has_manifest(self, repository: str, digest: str) -> bool:
        async with self._requests:
            return await self._registry.has_manifest(repository, digest)

    async def _describe(self, repository: str, digest: str, depth: int) -> Described | None:
        key = (repository, digest)
        if key not in self._described:
            self._described[key] = await self._fetch(repository, digest, depth)
        return self._described[key]

    async def _fetch(self, repository: str, digest: str, depth: int) -> Described | None:
        async with self._requests:
            fetched = await self._registry.find_manifest(repository, digest)
        if fetched is None:
            return None
        manifest = parse_manifest(fetched.content, digest=digest, media_type=fetched.media_type)
        if manifest.media_type in INDEX_TYPES:
            return describe_index(manifest, await self._children(repository, manifest, depth - 1))
        if manifest.config_digest is None:
            return describe_image(manifest, NO_CONFIG)
        async with self._requests:
            config = await self._registry.find_blob(
                repository, manifest.config_digest, limit=MAX_CONFIG_BYTES
            )
        return describe_image(manifest, parse_config(config))

    async def _children(self, repository: str, manifest: Manifest, depth: int) -> list[Described]:
        if depth == 0:
            return []
        digests = list(dict.fromkeys(child.digest for child in manifest.children))[:MAX_CHILDREN]
        described = await asyncio.gather(
            *(self._describe(repository, digest, depth) for digest in digests)
        )
        return [child for child in described if child is not None]
