"""Blobs that nothing needs: marked, deleted after a wait, and revived if a client needs them."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from libs.common.storage.store import EntryKind, RepositoryEntry, RepositoryListing

BATCH = 1000
"""The most blobs in one statement, and in one step of a sweep."""
GATE_MARGIN = timedelta(seconds=1)
"""How long after the end of its lease a gate counts as gone."""
MAX_MARKS = 500_000
"""The most blobs that wait at once. Each replica of the gate keeps their digests in memory."""
UPLOAD_AGE = timedelta(days=1)
"""An upload that was not written to for this long is deleted."""
EMPTY_AGE = timedelta(days=1)
"""How old the newest link of an empty repository must be before its folder is removed."""
_ENCODED = re.compile(rb":[0-9a-f]{64,}")
_ALGORITHM = re.compile(rb"[a-z0-9]+(?:[+._-][a-z0-9]+)*\Z")
_ESCAPE = re.compile(rb"\\u00([0-7][0-9A-Fa-f])")
_LONGEST_ALGORITHM = 64
"""The most characters before the colon of a digest. A manifest can have megabytes of them."""


@dataclass(frozen=True, slots=True)
class Marked:
    """The number and the bytes of blobs that were marked."""

    blobs: int
    size_bytes: int


@dataclass(slots=True)
class Listed:
    """What a listing found besides blobs. It began at ``began_at``, by the database's clock.

    ``uploads`` (repository, id) were not written to for a day: some, if there are many.
    ``abandoned`` are empty
    repositories. ``failures`` are repositories whose blobs are all kept, with the reason.
    """

    began_at: datetime
    repositories: int = 0
    uploads: list[tuple[str, str]] = field(default_factory=list)
    abandoned: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)


def digests_in(content: bytes) -> set[str]:
    """Return everything in a manifest that looks like a digest, in whatever field it is."""
    digests = set()
    if b"\\u00" in content:  # JSON can write any character by its number.
        content = _ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()), content)
    for encoded in _ENCODED.finditer(content):
        start = max(0, encoded.start() - _LONGEST_ALGORITHM)
        algorithm = _ALGORITHM.search(content[start : encoded.start()])
        if algorithm is None:
            continue
        is_sha256 = algorithm[0] == b"sha256"
        digests.add((algorithm[0] + (encoded[0][:65] if is_sha256 else encoded[0])).decode())
    return digests


def layers_of(listing: RepositoryListing) -> set[str]:
    """Return the digests of the blobs and manifests that a repository links."""
    kinds = (EntryKind.LAYER, EntryKind.REVISION)
    return {entry.name for entry in listing.entries if entry.kind in kinds}


def is_abandoned(listing: RepositoryListing, *, now: datetime) -> bool:
    """Return whether a repository is empty and nobody has written to it for a day."""
    return listing.failure is None and all(
        (entry.kind in (EntryKind.LAYER, EntryKind.OTHER) or is_alias(entry))
        and entry.modified_at < now - EMPTY_AGE
        for entry in listing.entries
    )


def is_alias(entry: RepositoryEntry) -> bool:
    """Return whether an entry is a link to a manifest by another digest than sha256.

    The repository may not have that manifest any more.
    """
    return entry.kind is EntryKind.REVISION and not entry.name.startswith("sha256:")
