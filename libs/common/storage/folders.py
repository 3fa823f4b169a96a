"""Lists and removes files and folders of Distribution on a local disk.

These functions block; `local.py` runs them in threads. They use `os`, because obstore's listing of
a local folder ends at the first folder that cannot be read, and because obstore has no folders.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from libs.common.storage.layout import (
    BLOBS,
    REPOSITORIES,
    REPOSITORY_FOLDERS,
    UPLOADS,
    EntryName,
    is_component,
    parse_blob,
    parse_entry,
)
from libs.common.storage.store import BlobEntry, RepositoryEntry, RepositoryListing

MISSING = (FileNotFoundError, NotADirectoryError)
_BLOCK_BYTES = 512
"""The unit of `st_blocks`, on every file system."""


def list_blobs(root: Path) -> Iterator[BlobEntry]:
    """Yield all blobs. Raises OSError if a folder cannot be listed."""
    top = root / BLOBS
    for prefix in _names(top):
        for value in _names(top / prefix):
            path = f"{prefix}/{value}/data"
            digest = parse_blob(path)
            if digest is None:
                continue
            try:
                found = (top / path).stat()
            except MISSING:
                continue  # deleted meanwhile, or not written yet
            yield BlobEntry(digest, found.st_size, _time(found.st_mtime))


def list_repositories(root: Path) -> Iterator[RepositoryListing]:
    """Yield each repository, and each folder that cannot be listed.

    Raises:
        OSError: the folder of all repositories cannot be listed.
    """
    top = root / REPOSITORIES
    folders = sorted((name for name in _names(top) if is_component(name)), reverse=True)
    while folders:
        repository = folders.pop()
        folder = top / repository
        try:
            names = _names(folder)
        except OSError as error:
            yield RepositoryListing(repository, [], _reason(folder, error))
            continue
        if not set(names).isdisjoint(REPOSITORY_FOLDERS):
            yield list_repository(folder, repository)
        below = sorted((name for name in names if is_component(name)), reverse=True)
        folders.extend(f"{repository}/{name}" for name in below)


def list_repository(folder: Path, repository: str) -> RepositoryListing:
    """Return the entries of the repository in ``folder``."""
    modified: dict[EntryName, float] = {}
    failures: list[str] = []
    for path, changed in walk_files(folder, failures):
        entry = parse_entry(path)
        modified[entry] = max(changed, modified.get(entry, 0.0))
    entries = [RepositoryEntry(*entry, _time(changed)) for entry, changed in modified.items()]
    return RepositoryListing(repository, entries, failures[0] if failures else None)


def walk_files(folder: Path, failures: list[str]) -> Iterator[tuple[str, float]]:
    """Yield path and modification time of each file in the repository in ``folder``.

    Also yields each upload's folder, because the folder of an interrupted upload can be empty.
    Paths are relative to ``folder``. A folder or file that cannot be read adds a line to
    ``failures``.
    """
    for top in REPOSITORY_FOLDERS:
        folders = [top]
        while folders:
            path = folders.pop()
            try:
                with os.scandir(folder / path) as entries:
                    found = list(entries)
            except MISSING:
                continue
            except OSError as error:
                failures.append(_reason(folder / path, error))
                continue
            for entry in found:
                below = f"{path}/{entry.name}"
                try:
                    if not entry.is_dir():
                        yield below, entry.stat().st_mtime
                        continue
                    if path == UPLOADS and not _names(Path(entry.path)):
                        yield below, entry.stat().st_mtime
                except MISSING:
                    continue
                except OSError as error:
                    failures.append(_reason(Path(entry.path), error))
                    continue
                folders.append(below)


def read_file(path: Path, limit: int) -> bytes | None:
    """Return the content of a file, or None if it is missing or has more than ``limit`` bytes."""
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except MISSING:
        return None
    return None if len(content) > limit else content


def remove_empty_folders(folder: Path) -> None:
    """Remove ``folder`` and the folders in it, as far as they contain no files."""
    try:
        with os.scandir(folder) as entries:
            below = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    except MISSING:
        return
    for path in below:
        remove_empty_folders(Path(path))
    remove_if_empty(folder)


def remove_if_empty(folder: Path) -> bool:
    """Remove ``folder`` if it is empty. Returns True if it is gone."""
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return not folder.exists()
    return True


def remove_tree(folder: Path) -> int:
    """Remove ``folder`` with all that is in it, and return the bytes of disk use that are gone.

    A file that has another name elsewhere frees nothing. If something disappears meanwhile, the
    removal goes on.

    Raises:
        OSError: something cannot be removed.
    """
    freed = 0
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except FileNotFoundError:
        return 0
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            freed += remove_tree(Path(entry.path))
        else:
            freed += remove_file(Path(entry.path))
    try:
        size = folder.stat().st_blocks * _BLOCK_BYTES
        folder.rmdir()
    except FileNotFoundError:
        return freed
    return freed + size


def remove_blob(folder: Path) -> int:
    """Do what ``remove_tree`` does, but faster if the folder has only the file of a blob."""
    freed = remove_file(folder / "data")
    try:
        size = folder.stat().st_blocks * _BLOCK_BYTES
        folder.rmdir()
    except OSError:
        return freed + remove_tree(folder)
    return freed + size


def remove_file(path: Path) -> int:
    """Remove a file, and return the bytes of disk use that are gone. Raises OSError."""
    try:
        found = path.lstat()
        path.unlink()
    except FileNotFoundError:
        return 0
    return found.st_blocks * _BLOCK_BYTES if found.st_nlink == 1 else 0


def _names(folder: Path) -> list[str]:
    """Return the names in a folder; none if it is missing or a file."""
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries]
    except MISSING:
        return []


def _reason(path: Path, error: OSError) -> str:
    return f"{path}: {error.strerror}"


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
