"""Describe a manifest for the catalog, with what its repository has: its config, its children."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from libs.common.db.engine import Engine
from libs.common.registry.client import Registry
from libs.common.registry.manifests import (
    INDEX_TYPES,
    NO_CONFIG,
    Manifest,
    describe,
    parse_config,
    parse_manifest,
)
from libs.common.registry.storage import BlobReader
from services.catalog.admission import queries
from services.catalog.images.description import (
    Described,
    describe_image,
    describe_index,
    with_canonical_children,
)
from services.catalog.intents.domain import Change
from services.catalog.manifest_aliases.usecases import list_aliases
from services.catalog.sync.states.domain import MAX_CONFIG_BYTES
from services.catalog.sync.states.reading import Reader


@dataclass(frozen=True, slots=True)
class Describer:
    """Describes manifests of ``registry``, whose blobs ``blobs`` reads."""

    engine: Engine
    registry: Registry
    blobs: BlobReader

    async def read_config(self, change: Change) -> bytes | None:
        """Return the image config of a change's manifest from its repository, or None.

        Raises:
            RegistryUnavailable: the storage cannot be read.
        """
        inspected = await self.blobs.inspect(
            change.repository,
            (),
            read=_parse_stored(change).config_digest,
            limit=MAX_CONFIG_BYTES,
        )
        return inspected.content

    async def describe(self, change: Change, config: bytes | None) -> Described:
        """Return what the catalog keeps of the manifest, its config, and its children."""
        manifest = _parse_stored(change)
        if manifest.media_type in INDEX_TYPES:
            aliases = await list_aliases(self.engine, {one.digest for one in manifest.children})
            manifest = with_canonical_children(manifest, aliases)
            digests = {child.digest for child in manifest.children}
            return describe_index(manifest, await self._describe_children(change, digests))
        if manifest.config_digest is None:
            return describe_image(manifest, NO_CONFIG)
        return describe_image(manifest, parse_config(config))

    async def _describe_children(self, change: Change, digests: Collection[str]) -> list[Described]:
        """Return the children that the catalog or the registry has. A child can be a blob."""
        name = change.repository.removeprefix(f"{change.namespace}/")
        async with self.engine.connect() as tx:
            repository_id = await queries.find_repository_id(
                tx, namespace=change.namespace, name=name
            )
            known = (
                await queries.list_descriptions(tx, repository_id=repository_id, digests=digests)
                if repository_id is not None
                else []
            )
        missing = set(digests) - {child.digest for child in known}
        if not missing:
            return known
        read = await Reader(self.registry).describe({(change.repository, one) for one in missing})
        return [*known, *read.values()]


def descriptor_of(change: Change) -> dict[str, Any]:
    """Return the descriptor of the change's manifest, as lists of referrers have it."""
    assert change.manifest is not None
    return describe(
        change.manifest.content, digest=change.digest, media_type=change.manifest.media_type
    )


def _parse_stored(change: Change) -> Manifest:
    assert change.manifest is not None
    return parse_manifest(
        change.manifest.content, digest=change.digest, media_type=change.manifest.media_type
    )
