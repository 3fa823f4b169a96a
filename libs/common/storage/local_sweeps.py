"""Sweeps on a local disk: each is a folder, into which blobs are renamed. These functions block."""

import contextlib
import errno
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from libs.common.storage.folders import remove_blob, remove_tree
from libs.common.storage.store import SweepEnded

_ENDED = ".ended"
_ATTEMPTS = 3

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Moved:
    """The blobs that are gone from their places, and the folders in which they are now.

    ``error`` is the last error of a blob that could not be moved.
    """

    digests: list[str]
    folders: list[Path]
    error: OSError | None


def start_sweep(folder: Path) -> None:
    """Create the folder of a sweep. Raises OSError."""
    folder.parent.mkdir(exist_ok=True)
    folder.mkdir()


def end_sweep(folder: Path) -> None:
    """Remove the folder of a sweep.

    The folder is renamed first, so that no further blob can get into it while it is removed. A
    client of NFS that has cached the folder can still move blobs into it, until it is removed.

    A file that cannot be removed stays; the next start of a catalog tries again.

    Raises:
        OSError: the folder cannot be renamed.
    """
    ended = folder.with_name(folder.name + _ENDED)
    with contextlib.suppress(FileNotFoundError):  # Ended before. Its removal may have failed.
        folder.rename(ended)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            remove_tree(ended)
        except OSError as error:
            if error.errno != errno.ENOTEMPTY or attempt == _ATTEMPTS:
                _log.warning("an ended sweep still takes space", path=str(ended), error=str(error))
                return
        else:
            return


def list_sweeps(folder: Path) -> list[str]:
    """Return the names of the sweeps in ``folder`` that are not removed. Raises OSError."""
    return [path.name.removesuffix(_ENDED) for path in folder.glob("*") if path.is_dir()]


def move_blobs(blobs: Iterable[tuple[str, Path]], sweep: Path) -> Moved:
    """Move blobs, given as digest and folder, into the folder of a sweep.

    Raises:
        SweepEnded: the folder of the sweep is gone. Some blobs may have been moved.
    """
    moved = Moved([], [], None)
    error: OSError | None = None
    for digest, folder in blobs:
        # Never create the sweep's folder here: its absence means that the sweep has ended.
        target = sweep / f"{folder.name}-{secrets.token_hex(4)}"
        try:
            folder.rename(target)
        except OSError as failed:
            if failed.errno in (errno.ENOENT, errno.ESTALE) and not sweep.is_dir():
                raise SweepEnded("the folder of the sweep is gone") from failed
            if failed.errno != errno.ENOENT:
                error = failed
                _log.warning("a blob cannot be deleted", digest=digest, error=str(failed))
                continue
        else:
            moved.folders.append(target)
        moved.digests.append(digest)
    return Moved(moved.digests, moved.folders, error)


def remove_moved(folders: Sequence[Path]) -> int:
    """Remove the folders of moved blobs, and return the bytes of disk use that are gone.

    If one cannot be removed, it stays in the sweep's folder until the sweep ends.
    """
    freed = 0
    for folder in folders:
        try:
            freed += remove_blob(folder)
        except OSError as error:
            _log.warning("a deleted blob still takes space", path=str(folder), error=str(error))
    return freed
