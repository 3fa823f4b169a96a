"""How much space folders take on disk."""

import os
import stat
from pathlib import Path


def usage(folder: Path) -> int:
    """Return the bytes that a folder and all below it take on its disk, as `du` counts them: whole blocks, folders too.

    What goes away meanwhile, and a folder that is not there, count nothing.
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
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return 0
    if stat.S_ISDIR(status.st_mode):
        pending.append(entry.path)
    return status.st_blocks * 512


def shown(size: int) -> str:
    """Write a number of bytes as people read it."""
    value = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(value) < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"
