"""Which repositories have active uploads, as the registry's storage shows.

An open upload is a folder below `_uploads`, which the registry removes when the blob is complete.
A complete blob is a link below `_layers`. A push ends when a manifest follows its last blob.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

IDLE_SECONDS = 30.0
"""An upload that has not grown for this long is abandoned.

So is a blob that no manifest has followed for this long.
"""
QUIET_SECONDS = 2.0
"""A push counts as active for this long after a manifest, because its index can follow."""


@dataclass(frozen=True, slots=True)
class Activity:
    """The newest uploads of a repository.

    `uploading` is true if an open upload has grown lately. `last_blob` is the time of the newest
    complete blob, in seconds since 1970.
    """

    uploading: bool
    last_blob: float


def blob_root(storage: Path) -> Path:
    """Return the folder of all blobs."""
    return storage / "docker/registry/v2/blobs"


def repository_root(storage: Path) -> Path:
    """Return the folder of all repositories."""
    return storage / "docker/registry/v2/repositories"


def revision_folder(storage: Path, repository: str, digest: str) -> Path:
    """Return the folder of the link that makes a manifest part of a repository."""
    revisions = repository_root(storage) / repository / "_manifests/revisions"
    return revisions / digest.replace(":", "/")


def read_activity(storage: Path, *, now: float) -> dict[str, Activity]:
    """Return the activity of each repository with an upload in the last `IDLE_SECONDS`."""
    since = now - IDLE_SECONDS
    found: dict[str, Activity] = {}
    root = repository_root(storage)
    for repository in _list_repositories(root):
        uploading = any(
            _last_growth(upload) > since for upload in _folders(repository / "_uploads")
        )
        last_blob = _last_blob(repository, since)
        if uploading or last_blob > since:
            found[str(repository.relative_to(root))] = Activity(uploading, last_blob)
    return found


def active_uploads(
    active: Mapping[str, Activity], last_pushes: Mapping[str, int], *, now: float
) -> set[str]:
    """Return the repositories with active uploads.

    Args:
        active: The activity that the storage shows.
        last_pushes: The time of the last manifest of each repository, in nanoseconds since 1970.
        now: The time, in seconds since 1970.
    """
    pushed = {repository: at / 1e9 for repository, at in last_pushes.items()}
    unfinished = {
        name
        for name, seen in active.items()
        if seen.uploading or seen.last_blob > pushed.get(name, 0.0)
    }
    return unfinished | {name for name, at in pushed.items() if at > now - QUIET_SECONDS}


def _list_repositories(folder: Path) -> Iterator[Path]:
    names = [entry.name for entry in _folders(folder)]
    if any(name.startswith("_") for name in names):
        yield folder
    for name in names:
        if not name.startswith("_"):
            yield from _list_repositories(folder / name)


def _last_blob(repository: Path, since: float) -> float:
    """Return the time of the newest link.

    If neither `_layers/sha256` nor `_uploads` has changed after `since`, return 0 without reading
    the links.
    """
    links = repository / "_layers/sha256"
    if max(_modified_at(links), _modified_at(repository / "_uploads")) <= since:
        return 0.0
    return max((_modified_at(link / "link") for link in _folders(links)), default=0.0)


def _last_growth(upload: Path) -> float:
    return max(_modified_at(upload), _modified_at(upload / "data"))


def _folders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _modified_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except (FileNotFoundError, NotADirectoryError):
        return 0.0
