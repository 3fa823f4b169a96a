"""Which repositories are being pushed to, by what the registry's storage shows.

An upload is a folder below `_uploads`, which goes when the blob is complete; a complete blob is a link below `_layers`. A push has ended
when a manifest came after its last blob.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

IDLE_SECONDS = 30.0
"""An upload that has not grown for this long, and a blob that no manifest followed, were given up: nobody waits for them."""
QUIET_SECONDS = 2.0
"""This long after a manifest came, another of the same push may follow: the index after its images."""


@dataclass(frozen=True, slots=True)
class Activity:
    """When something was last uploaded to a repository, in seconds since 1970; `uploading`: an upload is open and has grown lately."""

    uploading: bool
    last_blob: float


def blob_root(storage: Path) -> Path:
    return storage / "docker/registry/v2/blobs"


def repositories(storage: Path) -> Path:
    return storage / "docker/registry/v2/repositories"


def revision(storage: Path, repository: str, digest: str) -> Path:
    """Return the folder that makes a manifest part of a repository."""
    return repositories(storage) / repository / "_manifests/revisions" / digest.replace(":", "/")


def activity(storage: Path, *, now: float) -> dict[str, Activity]:
    """Return the repositories to which something was uploaded in the last half minute."""
    since = now - IDLE_SECONDS
    found: dict[str, Activity] = {}
    for repository in _repositories(repositories(storage)):
        uploading = any(_newest(upload) > since for upload in _folders(repository / "_uploads"))
        last_blob = _last_blob(repository, since)
        if uploading or last_blob > since:
            found[str(repository.relative_to(repositories(storage)))] = Activity(
                uploading, last_blob
            )
    return found


def active_uploads(
    active: Mapping[str, Activity], last_pushes: Mapping[str, int], *, now: float
) -> set[str]:
    """Return the repositories that are being pushed to.

    `last_pushes`: when the last manifest came to a repository, in nanoseconds since 1970.
    """
    pushed = {repository: at / 1e9 for repository, at in last_pushes.items()}
    waiting = {
        name
        for name, seen in active.items()
        if seen.uploading or seen.last_blob > pushed.get(name, 0.0)
    }
    return waiting | {name for name, at in pushed.items() if at > now - QUIET_SECONDS}


def _repositories(folder: Path) -> Iterator[Path]:
    names = [entry.name for entry in _folders(folder)]
    if any(name.startswith("_") for name in names):
        yield folder
    for name in names:
        if not name.startswith("_"):
            yield from _repositories(folder / name)


def _last_blob(repository: Path, since: float) -> float:
    """When the newest link came. Where neither links nor uploads came or went, there is none to look for."""
    links = repository / "_layers/sha256"
    if max(_time(links), _time(repository / "_uploads")) <= since:
        return 0.0
    return max((_time(link / "link") for link in _folders(links)), default=0.0)


def _newest(upload: Path) -> float:
    return max(_time(upload), _time(upload / "data"))


def _folders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _time(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except (FileNotFoundError, NotADirectoryError):
        return 0.0
