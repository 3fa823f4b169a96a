"""The interface to Distribution's storage, the same for a local disk and for S3.

`LocalStorage` (`local.py`) and `S3Storage` (`s3.py`) implement it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol


class StorageUnavailable(Exception):
    """The storage cannot be read or written. The message gives path and reason in one line."""


class SweepEnded(Exception):
    """The lease of a sweep has ended, or the storage refuses the deletions of the sweep."""


class EntryKind(StrEnum):
    """What a part of a repository's folder is."""

    REVISION = "revision"
    """The link to a manifest of the repository."""
    LAYER = "layer"
    """The link to a blob of the repository: a layer or a config."""
    TAG = "tag"
    """A tag, with the links to its current and its earlier manifests."""
    UPLOAD = "upload"
    """An upload that has not been completed."""
    OTHER = "other"
    """A file that Distribution does not use."""


REMOVED_LINKS = (EntryKind.REVISION, EntryKind.LAYER, EntryKind.TAG)
"""What `Storage.remove_links` removes."""


NO_ALIASES: Mapping[str, str] = MappingProxyType({})
LISTED_AT_ONCE = 5_000
"""The most entries of a `RepositoryListing`."""


@dataclass(frozen=True, slots=True)
class BlobEntry:
    """A blob. ``digest`` is ``sha256:<hex>``, ``size`` is in bytes, ``modified_at`` in UTC."""

    digest: str
    size: int
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class RepositoryEntry:
    """A link, tag, or upload of a repository.

    ``name`` is a digest, a tag, or the id of an upload; of another file it is the path below the
    repository's folder. ``modified_at`` is the last write to any of its files, in UTC.
    """

    kind: EntryKind
    name: str
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class RepositoryListing:
    """Entries of a repository: all, or up to `LISTED_AT_ONCE` of a larger one.

    The listings of one repository follow each other, and ``is_last`` is true for the last one.
    ``failure`` says why the listing is incomplete. If it is not None, entries of this repository
    and whole repositories below it, such as ``team/app/tools`` below ``team/app``, can be missing.
    ``repository`` can then be a folder, such as ``team``, that is not a repository itself.
    """

    repository: str
    entries: list[RepositoryEntry]
    failure: str | None
    is_last: bool = True


@dataclass(frozen=True, slots=True)
class DeletedBlobs:
    """The blobs that are gone.

    ``kept`` are those that could not be deleted, and that this sweep certainly does not delete any
    more.
    ``freed_bytes`` is the disk use that is gone: blocks of files and folders on a local disk, sizes
    of the blobs on S3.
    """

    digests: list[str]
    freed_bytes: int
    kept: Sequence[str] = ()


class Storage(Protocol):
    """Lists, reads, and deletes what Distribution has stored.

    A *sweep* is a number of deletions under one lease. Each method raises StorageUnavailable if the
    storage fails, and ValueError if a digest, a repository, or an upload has no valid name.
    """

    def list_blobs(self) -> AsyncIterator[list[BlobEntry]]:
        """Yield all blobs, in batches of about 1,000.

        Raises:
            StorageUnavailable: a part cannot be listed. The blobs so far are not all blobs.
        """
        ...

    def list_repositories(self) -> AsyncIterator[RepositoryListing]:
        """Yield each repository: a folder with `_manifests`, `_layers`, or `_uploads`.

        A repository with many entries is yielded in several listings.

        Raises:
            StorageUnavailable: the folder of all repositories cannot be listed.
        """
        ...

    async def read_blob(self, digest: str, *, limit: int) -> bytes | None:
        """Return a blob, or None if it is missing or has more than ``limit`` bytes."""
        ...

    async def prepare_sweep(self) -> str:
        """Create what a sweep needs, and return its name, which is random."""
        ...

    async def end_sweep(self, sweep: str) -> None:
        """End a sweep, of this process or of another one, and remove what it has left.

        When this returns, no deletion of the sweep can succeed any more, even one that a stopped
        process is about to send. If the sweep has ended already, this does nothing.

        Raises:
            StorageUnavailable: the sweep may still delete, or has left something. Repeat the call.
        """
        ...

    async def end_other_sweeps(self, find_kept: Callable[[], Awaitable[str | None]]) -> None:
        """End all sweeps but the one that ``find_kept`` returns, also those no database knows.

        A sweep that is prepared meanwhile is not ended.

        Raises:
            StorageUnavailable: one of them may still delete. Repeat the call.
        """
        ...

    async def delete_blobs(
        self, sweep: str, digests: Sequence[str], *, check: Callable[[], Awaitable[None]]
    ) -> DeletedBlobs:
        """Delete blobs. A missing blob counts as deleted, with 0 bytes.

        A blob that the storage cannot delete is not in the result, and is logged. ``check`` is
        called right before each group of deletions. It raises SweepEnded if the lease has ended.

        Raises:
            SweepEnded: from ``check``, or because the sweep has ended. Some blobs may be gone.
            StorageUnavailable: the storage cannot delete any of these blobs.
        """
        ...

    async def delete_upload(
        self, repository: str, upload: str, *, unwritten_since: datetime
    ) -> int:
        """Delete an upload, and return the bytes freed.

        Returns 0 if the upload is missing, or was written to since ``unwritten_since``.
        """
        ...

    async def remove_links(
        self,
        sweep: str,
        repository: str,
        *,
        older_than: datetime,
        check: Callable[[], Awaitable[None]],
    ) -> bool:
        """Remove what Distribution keeps of an empty repository, and then its empty folders.

        Removes links of layers and manifests, and tags, if no file of them was modified since
        ``older_than``. Keeps uploads and unknown files. Also removes the folders above the
        repository that are empty then. The caller ensures that the repository is empty and that
        nobody pushes to it. ``check`` raises an error if the caller cannot ensure it any more.

        Returns:
            True if nothing of the repository is left, although repositories below it may be.

        Raises:
            SweepEnded: the sweep has ended. Some links may be gone.
        """
        ...

    async def link_layers(
        self, repository: str, digests: Collection[str], *, aliases: Mapping[str, str] = NO_ALIASES
    ) -> None:
        """Write the links to blobs that a repository lacks.

        The digests must be sha256 digests. ``aliases`` maps digests of other algorithms to those of
        the same blobs, and is linked too.
        """
        ...

    async def link_manifests(self, repository: str, aliases: Mapping[str, str]) -> None:
        """Write links to manifests by digests of other algorithms.

        ``aliases`` maps them to the sha256 digests of the same manifests. Such a link does not say
        that the repository has the manifest; only the link by its sha256 digest does.
        """
        ...
