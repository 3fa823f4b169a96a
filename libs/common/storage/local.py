"""Distribution's storage on a local disk: its storage driver `filesystem`."""

import asyncio
import secrets
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterator,
    Mapping,
    Sequence,
)
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import ParamSpec, TypeVar

from libs.common.storage import folders
from libs.common.storage.layout import (
    REPOSITORIES,
    SWEEPS,
    blob_data,
    blob_folder,
    check_sweep,
    layer_link,
    manifest_link,
    repository_folder,
    upload_folder,
)
from libs.common.storage.local_repositories import delete_upload, remove_links, write_links
from libs.common.storage.local_sweeps import (
    end_sweep,
    list_sweeps,
    move_blobs,
    remove_moved,
    start_sweep,
)
from libs.common.storage.store import (
    NO_ALIASES,
    BlobEntry,
    DeletedBlobs,
    RepositoryListing,
    StorageUnavailable,
)

_BATCH = 1000
_PREPARATION_SECONDS = 1.0
"""The longest time between the preparation of a sweep and its lease in the database."""
_REMOVED_AT_ONCE = 4
"""Threads that remove files. Each removal waits for the file system."""

_T = TypeVar("_T")
_P = ParamSpec("_P")


class LocalStorage:
    """Reads and writes the files below ``root``, the registry's `rootdirectory`.

    A sweep is a folder, `moorage/<sweep>`. A blob is deleted by a rename into this folder, which
    never creates the folder. Ending the sweep removes the folder, so a process that was stopped
    right before its rename cannot delete any more. `root` must be one file system.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        # Its threads start with the first removal. They leave asyncio's threads to pushes.
        self._removers = ThreadPoolExecutor(_REMOVED_AT_ONCE, thread_name_prefix="sweep")

    async def list_blobs(self) -> AsyncIterator[list[BlobEntry]]:
        """See Storage."""
        await _in_thread(self._check_root)
        blobs = folders.list_blobs(self._root)
        while batch := await _in_thread(_take, blobs, _BATCH):
            yield batch

    async def list_repositories(self) -> AsyncIterator[RepositoryListing]:
        """See Storage."""
        await _in_thread(self._check_root)
        repositories = folders.list_repositories(self._root)
        while listed := await _in_thread(_take, repositories, 1):
            yield listed[0]

    async def read_blob(self, digest: str, *, limit: int) -> bytes | None:
        """See Storage."""
        return await _in_thread(folders.read_file, self._root / blob_data(digest), limit)

    async def prepare_sweep(self) -> str:
        """See Storage."""
        sweep = secrets.token_hex(16)
        await _in_thread(start_sweep, self._sweep(sweep))
        return sweep

    async def end_sweep(self, sweep: str) -> None:
        """See Storage."""
        await _in_thread(end_sweep, self._sweep(sweep))

    async def end_other_sweeps(self, find_kept: Callable[[], Awaitable[str | None]]) -> None:
        """See Storage. A sweep that has only been prepared gets a second to become known."""
        sweeps = await _in_thread(list_sweeps, self._root / SWEEPS)
        if set(sweeps) <= {await find_kept()}:
            return
        await asyncio.sleep(_PREPARATION_SECONDS)
        kept = await find_kept()
        for sweep in sweeps:
            if sweep != kept:
                await self.end_sweep(sweep)

    async def delete_blobs(
        self, sweep: str, digests: Sequence[str], *, check: Callable[[], Awaitable[None]]
    ) -> DeletedBlobs:
        """See Storage."""
        deleted: list[str] = []
        freed = 0
        error: OSError | None = None
        blobs = iter(
            [(digest, self._root / blob_folder(digest)) for digest in dict.fromkeys(digests)]
        )
        while batch := list(islice(blobs, _BATCH)):
            await check()
            moved = await _in_thread(move_blobs, batch, self._sweep(sweep))
            parts = [moved.folders[start::_REMOVED_AT_ONCE] for start in range(_REMOVED_AT_ONCE)]
            freed += sum(await asyncio.gather(*(self._remove(part) for part in parts)))
            deleted += moved.digests
            error = moved.error or error
        if error is not None and not deleted:
            raise _unavailable(error)
        return DeletedBlobs(deleted, freed, kept=sorted(set(digests) - set(deleted)))

    async def delete_upload(
        self, repository: str, upload: str, *, unwritten_since: datetime
    ) -> int:
        """See Storage."""
        folder = self._root / upload_folder(repository, upload)
        return await _in_thread(delete_upload, folder, unwritten_since.timestamp())

    async def remove_links(
        self,
        sweep: str,
        repository: str,
        *,
        older_than: datetime,
        check: Callable[[], Awaitable[None]],
    ) -> bool:
        """See Storage."""
        folder = self._root / repository_folder(repository)
        top, moved = self._root / REPOSITORIES, self._sweep(sweep)
        await check()
        return await _in_thread(remove_links, folder, top, older_than.timestamp(), moved)

    async def link_layers(
        self, repository: str, digests: Collection[str], *, aliases: Mapping[str, str] = NO_ALIASES
    ) -> None:
        """See Storage."""
        stored = {digest: digest for digest in digests} | dict(aliases)
        links = {self._root / layer_link(repository, one): digest for one, digest in stored.items()}
        await _in_thread(write_links, links, self._root / SWEEPS)

    async def link_manifests(self, repository: str, aliases: Mapping[str, str]) -> None:
        """See Storage."""
        links = {
            self._root / manifest_link(repository, one): digest for one, digest in aliases.items()
        }
        await _in_thread(write_links, links, self._root / SWEEPS)

    async def _remove(self, moved: Sequence[Path]) -> int:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._removers, remove_moved, moved)

    def _sweep(self, sweep: str) -> Path:
        check_sweep(sweep)
        return self._root / SWEEPS / sweep

    def _check_root(self) -> None:
        """Raise OSError if the storage itself is missing, such as a disk that is not mounted."""
        self._root.stat()


async def _in_thread(function: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs) -> _T:
    try:
        return await asyncio.to_thread(function, *arguments, **named)
    except OSError as error:
        raise _unavailable(error) from error


def _unavailable(error: OSError) -> StorageUnavailable:
    return StorageUnavailable(f"the storage failed: {error.filename}: {error.strerror}")


def _take(entries: Iterator[_T], count: int) -> list[_T]:
    return list(islice(entries, count))
