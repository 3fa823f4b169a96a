"""The manifests, tags, and grants that a restore writes again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from libs.common.registry.client import Fetched
from services.catalog.trash.domain import Kind

LEASE = timedelta(seconds=15)
"""How long the process that restores an entry owns it; then the worker goes on."""
GIVE_UP_AFTER = timedelta(hours=1)
"""After this time, what could not be restored stays in the trash, and can be restored later."""
WAIT_SECONDS = 20.0
"""How long a request waits for a restore. Then the worker goes on."""


@dataclass(frozen=True, slots=True)
class Restore:
    """An entry that is being restored. ``chosen_tag`` replaces tags that are taken."""

    entry_id: int
    kind: Kind
    path: str
    namespace: str
    digest: str | None
    owner_id: int
    chosen_tag: str | None
    since: datetime

    def is_requested(self, item: "Item") -> bool:
        """Return whether ``item`` is the deleted tag or image itself.

        It is restored as a whole or not at all. Of a repository, and of the tags of signatures,
        all is restored that is possible.
        """
        return self.kind in (Kind.TAG, Kind.MANIFEST) and item.digest == self.digest


@dataclass(frozen=True, slots=True)
class Item:
    """A manifest to restore with its ``tags``; the registry may still have the manifest."""

    repository: str
    digest: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """A manifest in the trash. ``needs`` are its blobs and children."""

    manifest: Fetched
    children: frozenset[str]
    needs: frozenset[str]


@dataclass(slots=True)
class Result:
    """What a restore did.

    ``tags`` were restored, and ``taken_tags`` were not, because they exist again. ``missing`` are
    manifests that could not be restored. The Docker users in ``vanished`` were deleted, so their
    grants could not be restored. ``is_complete`` is false if the worker goes on.
    """

    tags: set[str] = field(default_factory=set)
    taken_tags: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    vanished: list[str] = field(default_factory=list)
    is_complete: bool = False


def tags_to_set(
    wanted: Sequence[str], taken: Sequence[str], chosen: str | None, *, kind: Kind
) -> tuple[str, ...]:
    """Return the tags to set of an image whose ``taken`` tags exist again.

    ``chosen`` replaces the tag of a deleted tag, and the taken tags of a deleted image.
    """
    free = [tag for tag in wanted if tag not in taken]
    if chosen is None:
        return tuple(free)
    if kind is Kind.TAG:
        return (chosen,)
    return tuple(dict.fromkeys((*free, chosen)))
