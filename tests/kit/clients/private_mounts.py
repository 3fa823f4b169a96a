"""Runs a client in a mount namespace of its own, so that what it writes to fixed places stays in the test's folder.

dockerd, podman and skopeo write to `/run`, `/var/lib` and more when they are root, whatever `HOME` says. In the
namespace those are folders of the test, and `/etc/hosts` may hold names that the rest of the machine never sees.
"""

from __future__ import annotations

import functools
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_MOUNT_AND_RUN = """
set -eu
while [ "$1" != -- ]; do mount --bind "$1" "$2"; shift 2; done
shift
exec "$@"
"""


def in_private_mounts(binds: Mapping[Path, Path]) -> list[str]:
    """The words to put before a command line; `binds` maps an own file or folder to the place it covers.

    Who is not root becomes it in a user namespace, which is enough for podman and skopeo and not for dockerd.
    """
    pairs = [str(path) for pair in binds.items() for path in pair]
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    return [
        "unshare",
        *user,
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-c",
        _MOUNT_AND_RUN,
        "sh",
        *pairs,
        "--",
    ]


@functools.cache
def unavailable() -> str | None:
    """Why no private namespace can be had here, or None when it can."""
    tried = subprocess.run(
        [*in_private_mounts({}), "true"], capture_output=True, text=True, check=False
    )
    return (
        None
        if tried.returncode == 0
        else f"no private mount namespace for the clients: {tried.stderr.strip()}"
    )


def write_hosts(path: Path, names: Mapping[str, str]) -> Path:
    """Writes a copy of the machine's /etc/hosts with more names (name → address) to `path`."""
    lines = [f"{address} {name}\n" for name, address in names.items()]
    path.write_text(Path("/etc/hosts").read_text() + "\n" + "".join(lines))
    return path
