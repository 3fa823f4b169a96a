"""A small file system in memory, to fill it up. Only root can mount one."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a file system")

_PIECE_BYTES = 256 * 1024


@contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[Path]:
    """Mount an empty file system of that size at ``folder`` while the context is open."""
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={megabytes}m,mode=0755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path, *, leave: int, pause_seconds: float = 0) -> Path:
    """Write a file that leaves ``leave`` bytes of the file system free, and return it.

    ``pause_seconds`` is the time between two pieces of 256 KiB.
    """
    filler = folder / "filler"
    with filler.open("ab") as file:
        while (missing := shutil.disk_usage(folder).free - leave) > 0:
            file.write(b"\0" * min(missing, _PIECE_BYTES))
            file.flush()
            time.sleep(pause_seconds)
    return filler
