"""Changes the folders of repositories on a local disk. These functions block."""

import contextlib
import errno
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from libs.common.storage.folders import (
    MISSING,
    remove_empty_folders,
    remove_if_empty,
    remove_tree,
    walk_files,
)
from libs.common.storage.layout import REPOSITORY_FOLDERS, UPLOADS, EntryName, parse_entry
from libs.common.storage.store import REMOVED_LINKS, EntryKind, StorageUnavailable, SweepEnded


def delete_upload(folder: Path, unwritten_since: float) -> int:
    """Remove the folder of an upload, unless a file in it was written to since a time.

    Returns:
        The bytes of disk use that are gone. 0 if the folder is missing, or was written to.

    Raises:
        OSError: something cannot be read or removed.
    """
    try:
        written = _last_write(folder)
        if written is None:
            written = folder.stat().st_mtime
    except MISSING:
        return 0
    return 0 if written >= unwritten_since else remove_tree(folder)


def remove_links(folder: Path, top: Path, older_than: float, sweep: Path) -> bool:
    """Remove links, tags, and empty folders of a repository. See `Storage.remove_links`.

    ``top`` is the folder of all repositories, and ``sweep`` that of the sweep.

    Raises:
        SweepEnded: the folder of the sweep is gone.
        OSError: something cannot be removed.
        StorageUnavailable: something cannot be listed.
    """
    failures: list[str] = []
    files: dict[EntryName, list[str]] = {}
    modified: dict[EntryName, float] = {}
    for path, changed in walk_files(folder, failures):
        entry = parse_entry(path)
        files.setdefault(entry, []).append(path)
        modified[entry] = max(changed, modified.get(entry, 0.0))
    if failures:
        raise StorageUnavailable(f"the storage failed: {failures[0]}")
    for entry, paths in files.items():
        if modified[entry] >= older_than:
            continue
        if entry.kind in REMOVED_LINKS:
            for path in paths:
                remove_older(folder / path, older_than, sweep)
        elif entry.kind is EntryKind.UPLOAD:
            remove_empty_folders(folder / UPLOADS / entry.name)
    for name in REPOSITORY_FOLDERS:
        if name != UPLOADS:
            remove_empty_folders(folder / name)
    left = [name for name in REPOSITORY_FOLDERS if not remove_if_empty(folder / name)]
    if left:
        return False
    while folder != top and remove_if_empty(folder):
        folder = folder.parent
    return True


def write_links(links: Mapping[Path, str], workplace: Path) -> None:
    """Write each link whose content is missing or different.

    A link appears with its whole content at once: it is written in ``workplace``, which is on the
    same file system, and renamed.

    Raises:
        OSError: a link cannot be written.
    """
    for link, digest in links.items():
        content = digest.encode()
        try:
            if link.read_bytes() == content:
                continue
        except MISSING:
            pass
        workplace.mkdir(exist_ok=True)
        written = workplace / f"link-{secrets.token_hex(8)}"
        try:
            written.write_bytes(content)
            _make_folders(link.parent)
            _give(written, link.parent)
            written.rename(link)
        finally:
            written.unlink(missing_ok=True)


def _make_folders(folder: Path) -> None:
    """Create a folder and the missing ones above it, for the owner of the first that exists."""
    if not folder.is_dir():
        _make_folders(folder.parent)
        folder.mkdir(exist_ok=True)
        _give(folder, folder.parent)


def _give(path: Path, above: Path) -> None:
    """Give ``path`` to the owner of the folder ``above``: the registry must be able to write it.

    Only root can, and only root needs to: all other processes run as the registry's user.
    """
    if os.geteuid() == 0:
        owner = above.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def _last_write(folder: Path) -> float | None:
    """Return the last modification of the files in a folder, or None if it has no files."""
    times: list[float] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                if entry.is_dir():
                    below = _last_write(Path(entry.path))
                    times += [] if below is None else [below]
                else:
                    times.append(entry.stat().st_mtime)
    return max(times, default=None)


def remove_older(path: Path, older_than: float, sweep: Path) -> None:
    """Remove a file, unless it was modified since a time.

    Between the listing and now, Distribution may have written it again. The file is moved into the
    folder of the sweep first. A process that was stopped right before cannot move it any more, if
    the sweep has ended meanwhile.

    Raises:
        OSError: the file cannot be removed.
        SweepEnded: the folder of the sweep is gone.
    """
    moved = sweep / f"link-{secrets.token_hex(8)}"
    try:
        if path.stat().st_mtime >= older_than:
            return
        move(path, moved)
        moved.unlink(missing_ok=True)
    except OSError as failed:
        if failed.errno not in (errno.ENOENT, errno.ESTALE):
            raise
        if not sweep.is_dir():
            raise SweepEnded("the folder of the sweep is gone") from failed


def move(path: Path, target: Path) -> None:
    """Rename a file. Raises OSError."""
    path.rename(target)
