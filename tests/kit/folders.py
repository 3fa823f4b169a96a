"""Removes what the clients leave in a test's folders."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def remove(folder: Path) -> None:
    """Removes a folder with all that is in it, folders without write permission (image layers have such) too.

    Raises:
        OSError: something in it cannot be removed, such as a mount that a client left.
    """
    for place, _, _ in os.walk(folder):
        Path(place).chmod(0o700)
    shutil.rmtree(folder)
