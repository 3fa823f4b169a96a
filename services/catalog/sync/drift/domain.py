"""The differences between catalog and registry.

The registry lists its repositories and their tags, and answers whether it has a digest. It cannot
list manifests. So an untagged manifest that the catalog does not have is found only as the child of
an index.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """The kind of a difference; the value is its text in a table."""

    TAG_MISSING = "the registry has it, the catalog does not"
    TAG_GONE = "the catalog has it, the registry does not"
    TAG_MOVED = "catalog and registry name different images"
    MANIFEST_MISSING = "part of a multi-platform image that the catalog does not have"
    MANIFEST_GONE = "image without a tag that the registry does not have any more"
    NO_NAMESPACE = "the registry has it, but there is no such namespace; left alone"


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One difference.

    ``what`` is a tag or a digest. ``catalog`` and ``registry`` are the digests that each has for
    it, or empty.
    """

    repository: str
    what: str
    kind: Kind
    catalog: str = ""
    registry: str = ""

    @property
    def is_repairable(self) -> bool:
        """Whether the catalog can be repaired: the image must be in an existing namespace."""
        return self.kind is not Kind.NO_NAMESPACE


@dataclass(frozen=True, slots=True)
class CatalogContent:
    """A repository in the catalog: its tags with their digests, manifests, and children."""

    tags: Mapping[str, str] = field(default_factory=dict)
    manifests: frozenset[str] = frozenset()
    children: frozenset[str] = frozenset()


NOTHING = CatalogContent()


@dataclass(frozen=True, slots=True)
class RegistryContent:
    """A repository in the registry: its tags with their digests, and the requested manifests."""

    tags: Mapping[str, str]
    manifests: frozenset[str]


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
        [*_of_tags(repository, catalog, registry), *_of_manifests(repository, catalog, registry)]
    )


def _of_tags(
    repository: str, catalog: CatalogContent, registry: RegistryContent
) -> Iterable[Difference]:
    for tag in catalog.tags.keys() | registry.tags.keys():
        ours, theirs = catalog.tags.get(tag, ""), registry.tags.get(tag, "")
        if ours != theirs:
            kind = Kind.TAG_MISSING if not ours else Kind.TAG_GONE if not theirs else Kind.TAG_MOVED
            yield Difference(repository, tag, kind, ours, theirs)


def _of_manifests(
    repository: str, catalog: CatalogContent, registry: RegistryContent
) -> Iterable[Difference]:
    tagged = frozenset(registry.tags.values())
    present = registry.manifests | tagged
    # A missing manifest with a tag is reported as the difference of its tag.
    for digest in catalog.manifests - present - frozenset(catalog.tags.values()):
        yield Difference(repository, digest, Kind.MANIFEST_GONE, catalog=digest)
    for digest in (catalog.children & present) - catalog.manifests - tagged:
        yield Difference(repository, digest, Kind.MANIFEST_MISSING, registry=digest)
