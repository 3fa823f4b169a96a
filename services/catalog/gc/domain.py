"""Garbage in the registry (spec 7)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

Key = tuple[str, str]
"""A manifest: the path of its repository, and its digest."""


@dataclass(frozen=True, slots=True)
class UntaggedManifest:
    """A manifest that has no tag since ``since``. No live manifest needs it."""

    repository: str
    digest: str
    since: datetime
    size_bytes: int

    @property
    def key(self) -> Key:
        """The repository's path and the digest."""
        return self.repository, self.digest


@dataclass(frozen=True, slots=True)
class PushEvent:
    """The registry's report of the push of a manifest.

    ``tag`` is None if the client pushed the manifest by digest. ``at_ns`` is the registry's time,
    in nanoseconds since 1970. ``unread`` is true if the catalog has not applied the event yet.
    """

    event_id: int
    key: Key
    tag: str | None
    at_ns: int
    unread: bool


@dataclass(frozen=True, slots=True)
class FoundGarbage:
    """The result of a search for garbage.

    ``known_pushes`` are the ids of all push events of untagged manifests after ``after_ns``
    (nanoseconds since 1970). An event with another id arrived after the search. ``failures`` are
    repositories that keep their garbage, with the reason.
    """

    garbage: list[UntaggedManifest]
    known_pushes: frozenset[int]
    after_ns: int
    failures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deleted:
    """The deleted manifests, and the repositories in which the registry failed."""

    manifests: list[Key]
    failures: Mapping[str, str] = field(default_factory=dict)


def order_for_deletion(
    found: Iterable[UntaggedManifest], children: Collection[Key]
) -> list[UntaggedManifest]:
    """Return the manifests that no index lists, then the ``children`` of indexes.

    An index must not remain without its children if the collection stops halfway. Each of the two
    groups keeps the order of ``found``, so the children of a nested index can precede it.
    """
    return sorted(found, key=lambda item: item.key in children)
