"""What is garbage, and what a pause of writes refuses."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

Key = tuple[str, str]
"""A repository's path and a digest."""


@dataclass(frozen=True, slots=True)
class Untagged:
    """A manifest that has been without a tag since ``since``, and is neither child nor referrer of one that lives."""

    repository: str
    digest: str
    since: datetime
    size_bytes: int

    @property
    def key(self) -> Key:
        return self.repository, self.digest


@dataclass(frozen=True, slots=True)
class PushOf:
    """An event of the registry's: a manifest was pushed, under a tag or by its digest alone."""

    event_id: int
    key: Key
    tag: str | None
    at_ns: int
    unread: bool


@dataclass(frozen=True, slots=True)
class Found:
    """Garbage, indexes first, and the events of its pushes that were known when it was found: any other came later."""

    garbage: list[Untagged]
    known_pushes: frozenset[int]
    after_ns: int


class Phase(Enum):
    """What is refused: uploads but those of pushes that have begun, or every write."""

    NEW_UPLOADS = "new_uploads"
    ALL_WRITES = "all_writes"


@dataclass(frozen=True, slots=True)
class Run:
    """A collection of garbage: the last one that ended."""

    started_at: datetime
    manifests_deleted: int
    freed_bytes: int


def parents_first(found: list[Untagged], children: set[Key]) -> list[Untagged]:
    """``found`` with indexes before the ``children`` of theirs, so that no index stands without its images half-way."""
    return sorted(found, key=lambda item: item.key in children)
