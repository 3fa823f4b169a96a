"""What may differ between catalog and registry, as pure data.

The registry can list its repositories and their tags, and say of a digest whether it is there. It cannot list manifests: one without a
tag that the catalog never heard of is found only as the child of an index.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What differs, in words for a table."""

    TAG_MISSING = "the registry has it, the catalog does not"
    TAG_GONE = "the catalog has it, the registry does not"
    TAG_MOVED = "catalog and registry name different images"
    MANIFEST_MISSING = "part of a multi-platform image that the catalog does not have"
    MANIFEST_GONE = "image without a tag that the registry does not have any more"
    NO_NAMESPACE = "the registry has it, but there is no such namespace; left alone"


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One difference: ``what`` is a tag or a digest; ``catalog`` and ``registry`` are the digests that each names, where they do."""

    repository: str
    what: str
    kind: Kind
    catalog: str = ""
    registry: str = ""

    @property
    def is_repairable(self) -> bool:
        """Whether it is the catalog's to mend. What is in a namespace that nobody owns is nobody's image."""
        return self.kind is not Kind.NO_NAMESPACE


@dataclass(frozen=True, slots=True)
class Known:
    """What the catalog knows of a repository: tags with their digests, manifests, and the children that its indexes name."""

    tags: Mapping[str, str] = field(default_factory=dict)
    manifests: frozenset[str] = frozenset()
    children: frozenset[str] = frozenset()


NOTHING = Known()


@dataclass(frozen=True, slots=True)
class Held:
    """What the registry holds of it: tags with their digests, and those of the digests that were asked for."""

    tags: Mapping[str, str]
    manifests: frozenset[str]


def digests_to_ask(known: Known, tags: Mapping[str, str]) -> set[str]:
    """The digests of which a list of ``tags`` does not say whether they are there."""
    return (set(known.manifests) | set(known.children)) - set(tags.values())


def differences(
    repository: str, known: Known, held: Held, *, has_namespace: bool
) -> list[Difference]:
    """All that differs in one repository."""
    if not has_namespace:
        return [
            Difference(repository, tag, Kind.NO_NAMESPACE, registry=digest)
            for tag, digest in sorted(held.tags.items())
        ]
    return sorted([*_of_tags(repository, known, held), *_of_manifests(repository, known, held)])


def _of_tags(repository: str, known: Known, held: Held) -> Iterable[Difference]:
    for tag in known.tags.keys() | held.tags.keys():
        ours, theirs = known.tags.get(tag, ""), held.tags.get(tag, "")
        if ours != theirs:
            kind = Kind.TAG_MISSING if not ours else Kind.TAG_GONE if not theirs else Kind.TAG_MOVED
            yield Difference(repository, tag, kind, ours, theirs)


def _of_manifests(repository: str, known: Known, held: Held) -> Iterable[Difference]:
    there = held.manifests | frozenset(held.tags.values())
    tagged = frozenset(known.tags.values())  # its tag tells already that it is gone
    for digest in known.manifests - there - tagged:
        yield Difference(repository, digest, Kind.MANIFEST_GONE, catalog=digest)
    for digest in (known.children & there) - known.manifests - frozenset(held.tags.values()):
        yield Difference(repository, digest, Kind.MANIFEST_MISSING, registry=digest)
