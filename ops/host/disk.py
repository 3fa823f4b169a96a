"""The disk space that folders take."""

import os
import stat
from pathlib import Path


def disk_usage(folder: Path) -> int:
    """Return the bytes that a folder and everything below it take on disk, as `du` counts them.

    A file or folder that is deleted meanwhile counts as 0 bytes. So does a missing `folder`.
    """
    try:
        total = folder.lstat().st_blocks * 512
    except FileNotFoundError:
        return 0
    pending = [str(folder)]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    total += _size(entry, pending)
        except (FileNotFoundError, NotADirectoryError):
            continue
    return total


def _size(entry: os.DirEntry[str], pending: list[str]) -> int:
    """Return the size of one entry. If it is a folder, add it to `pending`."""
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return 0
    if stat.S_ISDIR(status.st_mode):
        pending.append(entry.path)
    return status.st_blocks * 512


def format_size(size: int) -> str:
    """Return a number of bytes for people, such as `1.5 GiB`."""
    value = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(value) < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"
