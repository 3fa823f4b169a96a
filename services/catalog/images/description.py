"""Describe an image by its manifest, its config, and the manifests of its platforms.

Pure functions: ``sync`` reads the manifests, and the catalog stores the descriptions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.common.registry.manifests import MAX_SIZE, NO_CONFIG, Child, ImageConfig, Layer, Manifest

MAX_PLATFORMS = 256
"""Further platforms of an index are not shown. No image has so many."""


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform of an image: its manifest, and the size of its config and layers."""

    os: str
    architecture: str
    variant: str | None
    digest: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Described:
    """A manifest with the data of its config and children.

    ``size_bytes`` of an index is the sum over its platforms. ``blobs`` are the digests and sizes of
    the config and the layers, each once.
    """

    digest: str
    media_type: str
    artifact_type: str | None
    subject: str | None
    size_bytes: int
    platforms: tuple[Platform, ...]
    layers: tuple[Layer, ...]
    labels: dict[str, str]
    image_created_at: datetime | None
    children: tuple[str, ...]
    blobs: tuple[tuple[str, int], ...]


def describe_image(manifest: Manifest, config: ImageConfig) -> Described:
    """Combine a manifest that is not an index with its config."""
    platform = _platform(
        manifest.digest, config.os, config.architecture, config.variant, manifest.size_bytes
    )
    return _described(manifest, manifest.size_bytes, (platform,) if platform else (), config)


def describe_index(manifest: Manifest, children: Sequence[Described]) -> Described:
    """Combine an index with those of its ``children`` that the registry has.

    Attestations and other artifacts are not platforms.
    """
    known = {child.digest: child for child in children}
    platforms: dict[Platform, None] = {}
    sizes: dict[str, int] = {}
    for named in dict.fromkeys(manifest.children):
        child = known.get(named.digest)
        if child is not None and child.children and named.digest in sizes:
            continue  # Each repetition would add the same platforms again.
        found = _platforms_of(named, child)
        if found:
            sizes[named.digest] = child.size_bytes if child is not None else 0
        platforms.update(dict.fromkeys(found[: MAX_PLATFORMS - len(platforms)]))
    if not platforms:  # an index of artifacts
        sizes = {child.digest: child.size_bytes for child in known.values()}
    return _described(manifest, min(MAX_SIZE, sum(sizes.values())), tuple(platforms), NO_CONFIG)


def with_canonical_children(manifest: Manifest, canonicals: Mapping[str, str]) -> Manifest:
    """Return the index with its children by their sha256 digests.

    ``canonicals`` has those of the children that the index names by another digest. The catalog
    and the registry know manifests by sha256 only.
    """
    if not canonicals:
        return manifest
    children = tuple(
        replace(child, digest=canonicals.get(child.digest, child.digest))
        for child in manifest.children
    )
    return replace(manifest, children=children)


def _platforms_of(named: Child, child: Described | None) -> tuple[Platform, ...]:
    """Return the platforms of one entry of an index: more than one if it is an index too."""
    if child is not None and (child.children or (named.os is None and child.platforms)):
        # The index names no platform, but the config of the image does.
        return child.platforms
    size = child.size_bytes if child is not None else 0
    platform = _platform(named.digest, named.os, named.architecture, named.variant, size)
    return (platform,) if platform else ()


def _described(
    manifest: Manifest, size: int, platforms: tuple[Platform, ...], config: ImageConfig
) -> Described:
    return Described(
        digest=manifest.digest,
        media_type=manifest.media_type,
        artifact_type=manifest.artifact_type,
        subject=manifest.subject,
        size_bytes=size,
        platforms=platforms,
        layers=manifest.layers,
        labels=config.labels,
        image_created_at=config.created_at,
        children=tuple(dict.fromkeys(child.digest for child in manifest.children)),
        blobs=manifest.blobs,
    )


def _platform(
    digest: str, os: str | None, architecture: str | None, variant: str | None, size: int
) -> Platform | None:
    if not os or not architecture or "unknown" in (os, architecture):
        return None
    return Platform(os, architecture, variant or None, digest, size)
