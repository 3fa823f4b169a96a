"""The installations that this project's `moorage run` runs on this machine at the moment."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ops.host.lock import LOCK


def running_data_folders() -> list[Path]:
    """Return the data folder of each running installation, sorted.

    It is the folder of the lock that the process holds open. Processes of other users, and those
    that run the code of another folder, are not found.
    """
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        # The process can end meanwhile, or belong to another user.
        with suppress(OSError):
            if _is_run(process):
                found |= set(_locked_folders(process))
    return sorted(found)


def _is_run(process: Path) -> bool:
    program, *words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
    # The path of the program is relative if the script was called by a relative path.
    path = (process / "cwd").readlink() / program
    return path.parent == Path(sys.executable).parent and "run" in words


def _locked_folders(process: Path) -> Iterator[Path]:
    for descriptor in (process / "fd").iterdir():
        path = descriptor.readlink()
        if path.name == LOCK and path.is_file():
            yield path.parent
