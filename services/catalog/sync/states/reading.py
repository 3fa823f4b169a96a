"""Read the states of repositories from the registry. Nothing here uses the database."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator
from typing import TypeVar

import structlog

from libs.common.registry.client import Fetched, Registry
from libs.common.registry.errors import RegistryRefused, RegistryUnavailable
from libs.common.registry.manifests import (
    INDEX_TYPES,
    NO_CONFIG,
    ImageConfig,
    Manifest,
    parse_config,
    parse_manifest,
)
from services.catalog.images.description import (
    Described,
    describe_image,
    describe_index,
    with_canonical_children,
)
from services.catalog.sync.states.domain import (
    MAX_CHILDREN,
    MAX_CONFIG_BYTES,
    MAX_DEPTH,
    MAX_READ_CHILDREN,
    Wanted,
)

T = TypeVar("T")
_CONCURRENT_REQUESTS = 3
_PARSED_INLINE_BYTES = 64 * 1024
"""Larger content is parsed in a thread, so that the API goes on."""
Pause = Callable[[], Awaitable[None]]
"""Waits until a reader may send its next request."""
_log = structlog.get_logger()


async def no_pause() -> None:
    """Do not wait."""


class Reader:
    """Reads manifests with a few concurrent requests, and each manifest once.

    If the registry fails for a tag or a manifest, the reader goes on, and ``unreadable`` has its
    repository and its tag or digest. The caller calls `check`, because then the registry may fail
    for everything.
    """

    def __init__(self, registry: Registry, pause: Pause = no_pause) -> None:
        self._registry = registry
        self._pause = pause
        self._requests = asyncio.Semaphore(_CONCURRENT_REQUESTS)
        self._described: dict[tuple[str, str], asyncio.Future[Described | None]] = {}
        self.unreadable: set[tuple[str, str]] = set()

    async def check(self) -> None:
        """Raise RegistryUnavailable if something was unreadable and the registry does not work."""
        if self.unreadable:
            await self._registry.check()

    async def find_tags(self, wanted: Iterable[Wanted]) -> dict[tuple[str, str], str | None]:
        """Return the digest of each wanted tag (repository, tag), or None if the tag is gone."""
        keys = [(of.path, tag) for of in wanted for tag in of.tags]
        nothing: str | None = None
        digests = await asyncio.gather(
            *(self._try(key, self._registry.find_digest, failed=nothing) for key in keys)
        )
        found = dict(zip(keys, digests, strict=True))
        return {key: digest for key, digest in found.items() if key not in self.unreadable}

    async def find_deleted(self, candidates: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        """Return those manifests (repository, digest) that the registry does not have."""
        keys = sorted(candidates)
        there = await asyncio.gather(
            *(self._try(key, self._registry.has_manifest, failed=True) for key in keys)
        )
        return {key for key, is_there in zip(keys, there, strict=True) if not is_there}

    async def describe(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Described]:
        """Return the manifests (repository, digest) with their configs and children.

        Manifests that are gone are left out.
        """
        await asyncio.gather(
            *(
                self._describe(key, MAX_DEPTH, iter(range(MAX_READ_CHILDREN)))
                for key in sorted(keys)
            )
        )
        return {
            key: described
            for key, done in self._described.items()
            if (described := done.result()) is not None
        }

    async def _try(
        self, key: tuple[str, str], request: Callable[[str, str], Awaitable[T]], *, failed: T
    ) -> T:
        """Return the answer; if the registry fails, note that ``key`` is unreadable."""
        try:
            async with self._requests:
                await self._pause()
                return await request(*key)
        except RegistryUnavailable as error:
            if key not in self.unreadable:
                _log.warning(
                    "the registry cannot read a tag or a manifest",
                    repository=key[0],
                    reference=key[1],
                    reason=str(error),
                )
            self.unreadable.add(key)
            return failed

    async def _describe(
        self, key: tuple[str, str], depth: int, children_left: Iterator[int]
    ) -> Described | None:
        described = self._described.get(key)
        if described is None:
            described = asyncio.ensure_future(self._fetch(key, depth, children_left))
            self._described[key] = described
        return await described

    async def _fetch(
        self, key: tuple[str, str], depth: int, children_left: Iterator[int]
    ) -> Described | None:
        missing: Fetched | None = None
        fetched = await self._try(key, self._registry.find_manifest, failed=missing)
        if fetched is None:
            return None
        repository, digest = key
        if not digest.startswith("sha256:"):
            digest = "sha256:" + hashlib.sha256(fetched.content).hexdigest()
        manifest = await _parse_manifest(fetched, digest)
        if manifest.media_type in INDEX_TYPES:
            children = await self._children(repository, manifest, depth - 1, children_left)
            canonicals = {named: one.digest for named, one in children.items()}
            manifest = with_canonical_children(manifest, canonicals)
            return await asyncio.to_thread(describe_index, manifest, [*children.values()])
        if manifest.config_digest is None:
            return describe_image(manifest, NO_CONFIG)
        try:
            async with self._requests:
                await self._pause()
                content = await self._registry.find_blob(
                    repository, manifest.config_digest, limit=MAX_CONFIG_BYTES
                )
        except RegistryRefused as refused:
            # The config of an image can be damaged, and the image is shown without it.
            _log.warning(
                "the registry cannot read a config", repository=repository, reason=str(refused)
            )
            content = None
        except RegistryUnavailable:
            self.unreadable.add(key)
            return None
        return describe_image(manifest, await _parse_config(content))

    async def _children(
        self, repository: str, manifest: Manifest, depth: int, children_left: Iterator[int]
    ) -> dict[str, Described]:
        """Return those children that exist, by the digests that the index names."""
        if depth == 0:
            return {}
        digests = [
            digest
            for digest in list(dict.fromkeys(child.digest for child in manifest.children))[
                :MAX_CHILDREN
            ]
            if (repository, digest) in self._described or next(children_left, None) is not None
        ]
        described = await asyncio.gather(
            *(self._describe((repository, digest), depth, children_left) for digest in digests)
        )
        found = zip(digests, described, strict=True)
        return {digest: child for digest, child in found if child is not None}


async def _parse_manifest(fetched: Fetched, digest: str) -> Manifest:
    if len(fetched.content) <= _PARSED_INLINE_BYTES:
        return parse_manifest(fetched.content, digest=digest, media_type=fetched.media_type)
    return await asyncio.to_thread(
        parse_manifest, fetched.content, digest=digest, media_type=fetched.media_type
    )


async def _parse_config(content: bytes | None) -> ImageConfig:
    if content is None or len(content) <= _PARSED_INLINE_BYTES:
        return parse_config(content)
    return await asyncio.to_thread(parse_config, content)
