"""Untagged manifests that are garbage, and the phases of a write pause."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

Key = tuple[str, str]
"""The path of a repository and a digest."""


@dataclass(frozen=True, slots=True)
class Untagged:
    """A manifest without a tag since ``since``.

    No manifest that must remain lists it as its child or refers to it.
    """

    repository: str
    digest: str
    since: datetime
    size_bytes: int

    @property
    def key(self) -> Key:
        """The path of the repository and the digest."""
        return self.repository, self.digest


@dataclass(frozen=True, slots=True)
class PushOf:
    """The event of a push of a manifest, by tag or by digest."""

    event_id: int
    key: Key
    tag: str | None
    at_ns: int
    unread: bool


@dataclass(frozen=True, slots=True)
class Found:
    """Garbage, indexes first, and the events of its pushes that were known at that time.

    Any other push since ``after_ns`` (nanoseconds since 1970) came later.
    """

    garbage: list[Untagged]
    known_pushes: frozenset[int]
    after_ns: int


class Phase(Enum):
    """The requests that a pause refuses: new uploads only, or all writes."""

    NEW_UPLOADS = "new_uploads"
    ALL_WRITES = "all_writes"


@dataclass(frozen=True, slots=True)
class Run:
    """A finished garbage collection."""

    started_at: datetime
    manifests_deleted: int
    freed_bytes: int


def parents_first(found: list[Untagged], children: set[Key]) -> list[Untagged]:
    """Return ``found`` with indexes before their ``children``.

    So an interrupted collection leaves no index without its images.
    """
    return sorted(found, key=lambda item: item.key in children)
