"""A mount namespace for a client, in which fixed paths are folders of the test.

As root, dockerd, podman, and skopeo write to `/run`, `/var/lib`, and others, whatever `HOME` is.
In the namespace these are folders of the test. Its `/etc/hosts` can have more names than the
machine's.
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
    """Return the prefix of a command line that runs the command in a new namespace.

    ``binds`` maps a file or folder to the path at which it is mounted. Other users than root become
    root in a user namespace, which is sufficient for podman and skopeo, but not for dockerd.
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
    """Return why this machine cannot create such a namespace, or None if it can."""
    tried = subprocess.run(
        [*in_private_mounts({}), "true"], capture_output=True, text=True, check=False
    )
    return (
        None
        if tried.returncode == 0
        else f"no private mount namespace for the clients: {tried.stderr.strip()}"
    )


def write_hosts(path: Path, names: Mapping[str, str]) -> Path:
    """Write a copy of the machine's /etc/hosts with more ``names`` (name → address)."""
    lines = [f"{address} {name}\n" for name, address in names.items()]
    path.write_text(Path("/etc/hosts").read_text() + "\n" + "".join(lines))
    return path
