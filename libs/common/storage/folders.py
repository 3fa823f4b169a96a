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
from libs.common.storage.store import (
    LISTED_AT_ONCE,
    BlobEntry,
    EntryKind,
    RepositoryEntry,
    RepositoryListing,
)

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
    """Yield each repository, in one listing or more, and each folder that cannot be listed.

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
            yield from list_repository(folder, repository)
        below = sorted((name for name in names if is_component(name)), reverse=True)
        folders.extend(f"{repository}/{name}" for name in below)


def list_repository(folder: Path, repository: str) -> Iterator[RepositoryListing]:
    """Yield the entries of the repository in ``folder``, in one listing or more."""
    entries: list[RepositoryEntry] = []
    failures: list[str] = []
    current: EntryName | None = None
    newest = 0.0
    # The files of an entry follow each other; only unknown files can separate them.
    for path, changed in walk_files(folder, failures):
        entry = parse_entry(path)
        if entry.kind is EntryKind.OTHER:
            entries.append(RepositoryEntry(*entry, _time(changed)))
        elif entry == current:
            newest = max(changed, newest)
        else:
            if current is not None:
                entries.append(RepositoryEntry(*current, _time(newest)))
            current, newest = entry, changed
        if len(entries) >= LISTED_AT_ONCE:
            failure = failures[0] if failures else None
            yield RepositoryListing(repository, entries, failure, is_last=False)
            entries = []
    if current is not None:
        entries.append(RepositoryEntry(*current, _time(newest)))
    yield RepositoryListing(repository, entries, failures[0] if failures else None)


def walk_files(folder: Path, failures: list[str]) -> Iterator[tuple[str, float]]:
    """Yield path and modification time of each file in the repository in ``folder``.

    Also yields each upload's folder, because the folder of an interrupted upload can be empty.
    Paths are relative to ``folder``. All files below a folder follow each other. The first folder
    or file that cannot be read adds a line to ``failures``.
    """
    for top in REPOSITORY_FOLDERS:
        yield from _walk(folder, top, failures)


def _walk(folder: Path, path: str, failures: list[str]) -> Iterator[tuple[str, float]]:
    try:
        with os.scandir(folder / path) as entries:
            for entry in entries:
                below = f"{path}/{entry.name}"
                try:
                    is_folder = entry.is_dir()
                    if not is_folder or (path == UPLOADS and not _names(Path(entry.path))):
                        yield below, entry.stat().st_mtime
                except MISSING:
                    continue
                except OSError as error:
                    _add_failure(failures, Path(entry.path), error)
                    continue
                if is_folder:
                    yield from _walk(folder, below, failures)
    except MISSING:
        return
    except OSError as error:
        _add_failure(failures, folder / path, error)


def _add_failure(failures: list[str], path: Path, error: OSError) -> None:
    if not failures:
        failures.append(_reason(path, error))


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
