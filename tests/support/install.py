"""Brings the clients that the end-to-end tests drive: what is missing is unpacked into a folder of the project.

`python -m tests.support.install` fetches Debian packages and unpacks them. Nothing is installed on the machine, no service
is started and no maintainer script runs, so it needs no root, and deleting the folder undoes it. A program that the
machine already has is used as it is.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from ops.debian import fetch_package, library_folders
from ops.environment import search_path
from ops.errors import OpsError

PROJECT = Path(__file__).resolve().parents[2]

PROGRAMS = {
    "dockerd": "docker.io",  # brings containerd, ctr and runc
    "docker": "docker-cli",  # in docker.io up to Debian 12
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "podman": "podman",  # brings conmon
    "conmon": "conmon",
    "buildah": "buildah",  # podman brings it
    "skopeo": "skopeo",
}
"""Each program, and the Debian or Ubuntu package to fetch when neither the machine nor a package before it has it."""


@dataclass(frozen=True, slots=True)
class Toolbox:
    """Where the clients are found: the machine's own folders first, then the unpacked packages.

    Args:
        root: holds a folder for each unpacked package.
    """

    root: Path

    @property
    def unpacked(self) -> list[Path]:
        """The folders with the programs of the unpacked packages."""
        return sorted(folder for name in ("bin", "sbin") for folder in self.root.glob(f"*/usr/{name}"))

    @property
    def search_path(self) -> str:
        return os.pathsep.join([search_path(), *map(str, self.unpacked)])

    def find(self, program: str) -> Path | None:
        found = shutil.which(program, path=self.search_path)
        return Path(found) if found else None

    def environment(self, home: Path) -> dict[str, str]:
        """The smallest environment in which the programs run, with `home` as the only place for their files."""
        variables = {"PATH": self.search_path, "HOME": str(home), "TMPDIR": str(home), "LANG": "C.UTF-8"}
        libraries = [str(folder) for package in sorted(self.root.glob("*/")) for folder in library_folders(package)]
        if libraries:
            variables["LD_LIBRARY_PATH"] = os.pathsep.join(libraries)
        return variables


def toolbox() -> Toolbox:
    """The clients of this checkout."""
    return Toolbox(PROJECT / ".test-tools")


def main() -> int:
    """Fetches what is missing. What cannot be had is told and is no failure: the tests that need it skip."""
    tools = toolbox()
    for program, package in PROGRAMS.items():
        if tools.find(program) is None:
            try:
                fetch_package(package, tools.root)
            except OpsError as refused:
                print(f"test clients: {refused}", file=sys.stderr)
        print(f"{program:12} {tools.find(program) or 'missing: tests that need it are skipped'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
