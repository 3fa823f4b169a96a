"""Asks the registry what the feed made it necessary to ask. Nothing here touches the database."""

import asyncio
from collections.abc import Collection, Iterable

import structlog

from libs.common.registry.client import Registry
from libs.common.registry.manifests import (
    INDEX_TYPES,
    NO_CONFIG,
    Described,
    Manifest,
    describe_image,
    describe_index,
    parse_config,
    parse_manifest,
)
from services.catalog.sync.feed.domain import (
    Push,
    RepositoryState,
    TagState,
    Wanted,
    tag_state,
)

_AT_ONCE = 8
_log = structlog.get_logger()
_MAX_CONFIG = 4 * 1024 * 1024
_MAX_DEPTH = 3
_MAX_CHILDREN = 256
"""More children of one index than this are recorded, and not looked at: no image has as many platforms."""


class Reader:
    """Reads repositories' states for one batch, at most a few requests at a time; what it read once it remembers."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._described: dict[tuple[str, str], Described | None] = {}

    async def find_tags(self, wanted: Iterable[Wanted]) -> dict[tuple[str, str], str | None]:
        """What each wanted tag, by (repository, tag), names now; None: it is gone. Raises RegistryUnavailable."""
        keys = [(of.path, tag) for of in wanted for tag in of.tags]
        digests = await asyncio.gather(*(self._find_tag(*key) for key in keys))
        return dict(zip(keys, digests, strict=True))

    async def find_deleted(self, candidates: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those manifests, by (repository, digest), that the registry does not have. Raises RegistryUnavailable."""
        keys = sorted(candidates)
        there = await asyncio.gather(*(self._has_manifest(*key) for key in keys))
        return {key for key, is_there in zip(keys, there, strict=True) if not is_there}

    async def describe(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Described]:
        """The manifests, by (repository, digest), with what their configs and children say; those that are gone are left out.

        Raises RegistryUnavailable.
        """
        await asyncio.gather(
            *(self._describe(repository, digest, _MAX_DEPTH) for repository, digest in sorted(keys))
        )
        return {
            key: described for key, described in self._described.items() if described is not None
        }

    async def delete(self, manifests: Collection[tuple[str, str]]) -> None:
        """Delete these manifests, by (repository, digest), with their tags. Raises RegistryUnavailable."""
        await asyncio.gather(
            *(self._delete(repository, digest) for repository, digest in sorted(manifests))
        )

    async def _delete(self, repository: str, digest: str) -> None:
        async with self._turns:
            if await self._registry.delete_manifest(repository, digest):
                _log.warning(
                    "deleted what was pushed to a name that nobody has",
                    repository=repository,
                    digest=digest,
                )

    async def _find_tag(self, repository: str, tag: str) -> str | None:
        async with self._turns:
            return await self._registry.find_digest(repository, tag)

    async def _has_manifest(self, repository: str, digest: str) -> bool:
        async with self._turns:
            return await self._registry.has_manifest(repository, digest)

    async def _describe(self, repository: str, digest: str, depth: int) -> Described | None:
        key = (repository, digest)
        if key not in self._described:
            self._described[key] = await self._fetch(repository, digest, depth)
        return self._described[key]

    async def _fetch(self, repository: str, digest: str, depth: int) -> Described | None:
        async with self._turns:
            fetched = await self._registry.find_manifest(repository, digest)
        if fetched is None:
            return None
        manifest = parse_manifest(fetched.content, digest=digest, media_type=fetched.media_type)
        if manifest.media_type in INDEX_TYPES:
            return describe_index(manifest, await self._children(repository, manifest, depth - 1))
        if manifest.config_digest is None:
            return describe_image(manifest, NO_CONFIG)
        async with self._turns:
            config = await self._registry.find_blob(
                repository, manifest.config_digest, limit=_MAX_CONFIG
            )
        return describe_image(manifest, parse_config(config))

    async def _children(self, repository: str, manifest: Manifest, depth: int) -> list[Described]:
        if depth == 0:
            return []
        digests = list(dict.fromkeys(child.digest for child in manifest.children))[:_MAX_CHILDREN]
        described = await asyncio.gather(
            *(self._describe(repository, digest, depth) for digest in digests)
        )
        return [child for child in described if child is not None]


def states_of(
    wanted: Iterable[Wanted],
    *,
    tags: dict[tuple[str, str], str | None],
    described: dict[tuple[str, str], Described],
    known: Collection[tuple[str, str]],
    gone: Collection[tuple[str, str]],
) -> list[RepositoryState]:
    """Puts the registry's answers together, by repository; ``known`` manifests need not be described again."""
    return [_state(of, tags, described, known, gone) for of in wanted]


def _state(
    of: Wanted,
    tags: dict[tuple[str, str], str | None],
    described: dict[tuple[str, str], Described],
    known: Collection[tuple[str, str]],
    gone: Collection[tuple[str, str]],
) -> RepositoryState:
    manifests = {digest: item for (path, digest), item in described.items() if path == of.path}
    held = {*manifests, *(digest for path, digest in known if path == of.path)}
    states: dict[str, TagState] = {}
    for tag, pushes in of.tags.items():
        digest = tags[of.path, tag]
        if digest is not None and digest in held:
            states[tag] = tag_state(digest, pushes, of.noticed_at)
    return RepositoryState(
        namespace=of.namespace,
        name=of.name,
        pushed_at=of.pushed_at,
        manifests={
            digest: (item, _push_of(of, digest, states)) for digest, item in manifests.items()
        },
        tags=states,
        gone_tags=frozenset(of.tags.keys() - states.keys()),
        gone_manifests=frozenset(digest for path, digest in gone if path == of.path),
    )


def _push_of(of: Wanted, digest: str, tags: dict[str, TagState]) -> Push:
    """The push that named the manifest; of a child that only its index names, the index's own."""
    if digest in of.digests:
        return of.digests[digest]
    by_tag = [state.push for state in tags.values() if state.digest == digest]
    return (
        by_tag[0]
        if by_tag
        else Push(of.pushed_at or of.noticed_at, next((p.by for p in of.digests.values()), ""))
    )
