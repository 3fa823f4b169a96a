"""Removal of a test's folder, with read-only files that container clients leave in it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def remove(folder: Path) -> None:
    """Remove a folder and its contents, read-only folders of image layers included.

    Raises:
        OSError: an entry cannot be removed, such as a mount that a client left.
    """
    for place, _, _ in os.walk(folder):
        Path(place).chmod(0o700)
    shutil.rmtree(folder)
