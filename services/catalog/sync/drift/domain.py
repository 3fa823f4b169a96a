"""The differences between the catalog and the registry.

The registry lists its repositories and their tags, and answers whether it has a digest. It cannot
list manifests. So an untagged manifest that the catalog does not have is found only as the child of
an index.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """The kind of a difference. The value is its text for the operator."""

    TAG_MISSING = "tag that only the registry has"
    TAG_GONE = "tag that only the catalog has"
    TAG_MOVED = "tag that names different manifests"
    MANIFEST_MISSING = "child of an index that only the registry has"
    MANIFEST_GONE = "manifest that only the catalog has"
    NO_NAMESPACE = "tag in a namespace that does not exist"
    DAMAGED = "damaged: the registry cannot read it"
    IMMUTABLE = "immutable tag that was changed in the registry alone"
    BLOB_MISSING = "damaged: the registry lacks a blob of the image"


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One difference.

    ``reference`` is a tag or a digest. ``catalog`` and ``registry`` are the digests that it names
    on each side, or empty. If a blob is missing, ``reference`` is that of the image, and
    ``catalog`` is the blob.
    """

    repository: str
    reference: str
    kind: Kind
    catalog: str = ""
    registry: str = ""

    @property
    def is_repairable(self) -> bool:
        """Whether a repair can succeed. Without a namespace, the tag has no owner.

        An immutable tag does not follow the registry.
        """
        return self.kind not in (Kind.NO_NAMESPACE, Kind.BLOB_MISSING, Kind.IMMUTABLE)

    @property
    def is_open(self) -> bool:
        """Whether it is work left to do. Each tenant can delete blobs of its own images."""
        return self.kind is not Kind.BLOB_MISSING


@dataclass(frozen=True, slots=True)
class CatalogContent:
    """A repository in the catalog: its tags with their digests, manifests, and children.

    ``blobs`` maps each blob to the manifests that need it. ``immutable`` are tags that rules keep
    from moving, and ``admitted`` those that admission has set.
    """

    tags: Mapping[str, str] = field(default_factory=dict)
    manifests: frozenset[str] = frozenset()
    children: frozenset[str] = frozenset()
    blobs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    immutable: frozenset[str] = frozenset()
    admitted: frozenset[str] = frozenset()

    def is_fixed(self, tag: str, registry: "RegistryContent") -> bool:
        """Return whether the tag is immutable, and a repair cannot set it in the registry.

        A repair sets a tag that admission has set, if the registry has its manifest.
        """
        is_set = tag in self.admitted and registry.has_manifest(self.tags[tag])
        return tag in self.immutable and not is_set


NOTHING = CatalogContent()


@dataclass(frozen=True, slots=True)
class RegistryContent:
    """A repository in the registry: its tags with their digests, and the requested manifests.

    ``damaged`` are the tags and digests that the registry lists or should have and cannot read.
    ``missing_blobs`` are pairs of a manifest and a blob that it needs.
    """

    tags: Mapping[str, str]
    manifests: frozenset[str]
    damaged: frozenset[str] = frozenset()
    missing_blobs: frozenset[tuple[str, str]] = frozenset()

    def has_manifest(self, digest: str) -> bool:
        """Return whether the registry has the manifest."""
        return digest in self.manifests or digest in self.tags.values()


def digests_to_request(catalog: CatalogContent, tags: Mapping[str, str]) -> set[str]:
    """Return the digests in the catalog that the registry's ``tags`` do not name."""
    return (set(catalog.manifests) | set(catalog.children)) - set(tags.values())


def differences(
    repository: str, catalog: CatalogContent, registry: RegistryContent, *, has_namespace: bool
) -> list[Difference]:
    """Return all differences in one repository, sorted."""
    if not has_namespace:
        return [
            Difference(repository, tag, Kind.NO_NAMESPACE, registry=digest)
            for tag, digest in sorted(registry.tags.items())
        ]
    return sorted(
        [
            *_tag_differences(repository, catalog, registry),
            *_manifest_differences(repository, catalog, registry),
            *(
                Difference(repository, digest, Kind.BLOB_MISSING, catalog=blob)
                for digest, blob in registry.missing_blobs
            ),
        ]
    )


def _tag_differences(
    repository: str, catalog: CatalogContent, registry: RegistryContent
) -> Iterator[Difference]:
    for tag in catalog.tags.keys() | registry.tags.keys():
        ours, theirs = catalog.tags.get(tag, ""), registry.tags.get(tag, "")
        if ours == theirs:
            continue
        if tag in registry.damaged:
            kind = Kind.DAMAGED
        elif not ours:
            kind = Kind.TAG_MISSING
        elif catalog.is_fixed(tag, registry):
            kind = Kind.IMMUTABLE
        elif not theirs:
            kind = Kind.TAG_GONE
        else:
            kind = Kind.TAG_MOVED
        yield Difference(repository, tag, kind, ours, theirs)


def _manifest_differences(
    repository: str, catalog: CatalogContent, registry: RegistryContent
) -> Iterator[Difference]:
    tagged = frozenset(registry.tags.values())
    tagged_in_catalog = frozenset(catalog.tags.values())
    present = registry.manifests | tagged
    for digest in registry.damaged & (catalog.manifests - tagged_in_catalog):
        yield Difference(repository, digest, Kind.DAMAGED, catalog=digest)
    # If a manifest has a tag, the difference of the tag reports it.
    for digest in catalog.manifests - present - registry.damaged - tagged_in_catalog:
        yield Difference(repository, digest, Kind.MANIFEST_GONE, catalog=digest)
    for digest in (catalog.children & present) - catalog.manifests - tagged:
        yield Difference(repository, digest, Kind.MANIFEST_MISSING, registry=digest)
