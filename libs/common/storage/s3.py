"""Distribution's storage on S3: its storage driver `s3`."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from libs.common.storage.layout import (
    BLOBS,
    REPOSITORIES,
    REPOSITORY_FOLDERS,
    SWEEPS,
    EntryName,
    blob_data,
    check_sweep,
    layer_link,
    parse_blob,
    parse_entry,
    repository_folder,
    split_repository,
    upload_folder,
)
from libs.common.storage.s3_deletion import EXPIRY_SECONDS, Outcome, SignedDeletions
from libs.common.storage.s3_objects import Objects, open_store, unavailable
from libs.common.storage.store import (
    LISTED_AT_ONCE,
    NO_ALIASES,
    REMOVED_LINKS,
    BlobEntry,
    DeletedBlobs,
    RepositoryEntry,
    RepositoryListing,
    StorageUnavailable,
    SweepEnded,
)

_DELETIONS = 100
"""As many as end well before the URLs expire."""


class S3Storage:
    """Reads and writes the objects below ``prefix``, the registry's `rootdirectory`.

    A sweep is only a name. Its deletions are presigned URLs that expire soon. Ending the sweep
    waits until they have expired, unless this process has prepared the sweep and each of its
    deletions has been answered.

    S3 has no folders. An unfinished upload of data is not an object, so only a lifecycle rule of
    the bucket (AbortIncompleteMultipartUpload) removes it.

    Args:
        bucket: the name of the bucket.
        region: its region.
        prefix: the registry's `rootdirectory`, without slashes at its ends.
        endpoint: the URL of a server that is compatible with S3. None for Amazon's.
        access_key: the access key and its secret. None to use those of the environment or of the
            machine.
        path_style: whether the bucket is in the path of a URL, and not in its host name.
        ca_file: a PEM file with the CA of the endpoint. None for the CAs of the machine.
    """

    def __init__(
        self,
        bucket: str,
        *,
        region: str,
        prefix: str = "",
        endpoint: str | None = None,
        access_key: tuple[str, str] | None = None,
        path_style: bool = False,
        ca_file: Path | None = None,
    ) -> None:
        store = open_store(
            bucket,
            region=region,
            prefix=prefix,
            endpoint=endpoint,
            access_key=access_key,
            path_style=path_style,
            ca_file=ca_file,
        )
        self._objects = Objects(store)
        self._deletions = SignedDeletions(store, ca_file)
        self._ended: set[str] = set()
        self._sweeps: dict[str, dict[object, float]] = {}
        """For each sweep that this process has prepared, when its unanswered deletions expire."""

    async def close(self) -> None:
        """Close the connections."""
        await self._deletions.close()

    async def list_blobs(self) -> AsyncIterator[list[BlobEntry]]:
        """See Storage."""
        async for page in self._objects.list(BLOBS):
            blobs = [
                BlobEntry(digest, found["size"], found["last_modified"])
                for found in page
                if (digest := parse_blob(found["path"].removeprefix(f"{BLOBS}/"))) is not None
            ]
            if blobs:
                yield blobs

    async def list_repositories(self) -> AsyncIterator[RepositoryListing]:
        """See Storage. The listing of one repository cannot fail alone."""
        current: str | None = None
        modified: dict[EntryName, datetime] = {}
        # S3 sorts by path, so the objects of a repository follow each other: only names with `_`
        # come between its folders, and those are no repositories.
        async for page in self._objects.list(REPOSITORIES):
            for found in page:
                place = split_repository(found["path"].removeprefix(f"{REPOSITORIES}/"))
                if place is None:
                    continue
                if place[0] != current:
                    if current is not None:
                        yield _listing(current, modified)
                    current, modified = place[0], {}
                entry, changed = parse_entry(place[1]), found["last_modified"]
                # The objects of an entry follow each other too.
                if len(modified) >= LISTED_AT_ONCE and entry not in modified:
                    yield _listing(current, modified, is_last=False)
                    modified = {}
                modified[entry] = max(changed, modified.get(entry, changed))
        if current is not None:
            yield _listing(current, modified)

    async def read_blob(self, digest: str, *, limit: int) -> bytes | None:
        """See Storage."""
        return await self._objects.read(blob_data(digest), limit)

    async def prepare_sweep(self) -> str:
        """See Storage.

        Raises:
            StorageUnavailable: S3 does not answer, or its clock differs too much.
        """
        sweep = secrets.token_hex(16)
        await self._deletions.check_clock(f"{SWEEPS}/{sweep}")
        self._sweeps[sweep] = {}
        return sweep

    async def end_sweep(self, sweep: str) -> None:
        """See Storage. Takes up to 11 s, if another process has prepared the sweep."""
        check_sweep(sweep)
        if sweep in self._ended:
            return
        now = time.monotonic()
        unanswered = self._sweeps.pop(sweep, {None: now + EXPIRY_SECONDS})
        await asyncio.sleep(max(0.0, max(unanswered.values(), default=now) - now))
        self._ended.add(sweep)

    async def end_other_sweeps(self, find_kept: Callable[[], Awaitable[str | None]]) -> None:
        """See Storage. Waits until the deletions of all other processes have expired."""
        await asyncio.sleep(EXPIRY_SECONDS)

    async def delete_blobs(
        self, sweep: str, digests: Sequence[str], *, check: Callable[[], Awaitable[None]]
    ) -> DeletedBlobs:
        """See Storage."""
        check_sweep(sweep)
        paths = {digest: blob_data(digest) for digest in digests}
        ordered = list(paths)
        deleted: list[str] = []
        freed = 0
        for start in range(0, len(ordered), _DELETIONS):
            group = ordered[start : start + _DELETIONS]
            sizes = await asyncio.gather(
                *(self._objects.find_size(paths[digest]) for digest in group)
            )
            existing = {
                digest: size
                for digest, size in zip(group, sizes, strict=True)
                if size is not None
            }  # fmt: skip
            outcomes = await self._sweep(sweep, [paths[digest] for digest in existing], check)
            done = {
                digest
                for digest, outcome in zip(existing, outcomes, strict=True)
                if outcome is Outcome.DELETED
            }
            deleted += [digest for digest in group if digest in done or digest not in existing]
            freed += sum(existing[digest] for digest in done)
        if digests and not deleted:
            raise StorageUnavailable("the storage failed: S3 has deleted none of the blobs")
        return DeletedBlobs(deleted, freed)

    async def delete_upload(
        self, repository: str, upload: str, *, unwritten_since: datetime
    ) -> int:
        """See Storage."""
        sizes: dict[str, int] = {}
        async for page in self._objects.list(upload_folder(repository, upload)):
            if any(found["last_modified"] >= unwritten_since for found in page):
                return 0
            sizes |= {found["path"]: found["size"] for found in page}
        await self._delete(list(sizes))
        return sum(sizes.values())

    async def remove_links(
        self,
        sweep: str,
        repository: str,
        *,
        older_than: datetime,
        check: Callable[[], Awaitable[None]],
    ) -> bool:
        """See Storage."""
        check_sweep(sweep)
        folder = repository_folder(repository)
        paths: dict[EntryName, list[str]] = {}
        modified: dict[EntryName, datetime] = {}
        for name in REPOSITORY_FOLDERS:
            async for page in self._objects.list(f"{folder}/{name}"):
                for found in page:
                    entry = parse_entry(found["path"].removeprefix(f"{folder}/"))
                    paths.setdefault(entry, []).append(found["path"])
                    changed = found["last_modified"]
                    modified[entry] = max(changed, modified.get(entry, changed))
        removed = {
            entry
            for entry, changed in modified.items()
            if entry.kind in REMOVED_LINKS and changed < older_than
        }
        links = [path for entry in removed for path in paths[entry]]
        for start in range(0, len(links), _DELETIONS):
            outcomes = await self._sweep(sweep, links[start : start + _DELETIONS], check)
            if any(outcome is not Outcome.DELETED for outcome in outcomes):
                raise StorageUnavailable("the storage failed: S3 has not deleted all links")
        return removed == modified.keys()

    async def link_layers(
        self, repository: str, digests: Collection[str], *, aliases: Mapping[str, str] = NO_ALIASES
    ) -> None:
        """See Storage."""
        stored = {digest: digest for digest in digests} | dict(aliases)
        links = [(layer_link(repository, one), digest.encode()) for one, digest in stored.items()]
        await asyncio.gather(*(self._objects.write(path, content) for path, content in links))

    async def _sweep(
        self, sweep: str, paths: list[str], check: Callable[[], Awaitable[None]]
    ) -> list[Outcome]:
        """Delete objects within a sweep."""
        unanswered = self._sweeps.get(sweep)
        if unanswered is None:
            raise SweepEnded("the sweep has ended, or another process has prepared it")
        # Noted before the URLs exist, so that an end of the sweep waits for them.
        group = object()
        unanswered[group] = time.monotonic() + EXPIRY_SECONDS
        try:
            with unavailable():
                urls = await self._deletions.sign(paths)
            await check()
            if sweep not in self._sweeps:
                raise SweepEnded("the sweep has ended")
        except BaseException:
            del unanswered[group]  # Nobody has sent the URLs.
            raise
        outcomes = await self._deletions.send(urls)
        if Outcome.UNKNOWN not in outcomes:
            del unanswered[group]
        if Outcome.REFUSED in outcomes:
            raise SweepEnded("S3 refuses the deletions: they came too late, or are not allowed")
        return outcomes

    async def _delete(self, paths: list[str]) -> None:
        """Delete objects that are not blobs.

        Raises:
            StorageUnavailable: an object may be left.
        """
        for start in range(0, len(paths), _DELETIONS):
            with unavailable():
                urls = await self._deletions.sign(paths[start : start + _DELETIONS])
            outcomes = await self._deletions.send(urls)
            if any(outcome is not Outcome.DELETED for outcome in outcomes):
                raise StorageUnavailable("the storage failed: S3 has not deleted all objects")


def _listing(
    repository: str, modified: dict[EntryName, datetime], *, is_last: bool = True
) -> RepositoryListing:
    entries = [RepositoryEntry(*entry, changed) for entry, changed in modified.items()]
    return RepositoryListing(repository, entries, None, is_last)
