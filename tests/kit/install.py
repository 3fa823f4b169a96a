"""Brings what the end-to-end tests drive, clients and a browser: what is missing is unpacked into a folder of the project.

`python -m tests.kit.install` fetches Debian packages and unpacks them, and builds the console meanwhile. Nothing is
installed on the machine, no service is started and no maintainer script runs, so it needs no root, and deleting the folder
undoes it. A program that the machine already has is used as it is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ops.errors import OpsError
from ops.host.environment import search_path
from ops.host.privileges import die_with_parent
from ops.install.debian import fetch_package, library_folders

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

BROWSERS = ("chromium", "google-chrome", "chromium-browser")
"""What is a browser on this machine; Ubuntu's last one may be a script that only asks for a snap."""

BROWSER_PACKAGES = ("chromium-headless-shell", "chromium")
"""Debian's packages of one, the smaller first: 220 MB with all that a machine without a desktop lacks."""


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
        return sorted(
            folder for name in ("bin", "sbin") for folder in self.root.glob(f"*/usr/{name}")
        )

    @property
    def search_path(self) -> str:
        return os.pathsep.join([search_path(), *map(str, self.unpacked)])

    def find(self, program: str) -> Path | None:
        found = shutil.which(program, path=self.search_path)
        return Path(found) if found else None

    def find_browser(self) -> Path | None:
        """The machine's Chromium, if it runs, or the unpacked one, whose starter script knows only the machine's folders."""
        for name in BROWSERS:
            found = self.find(name)
            if found is not None and found.parent not in self.unpacked and _runs(found):
                return found
        unpacked = (
            self.root / package / "usr/lib/chromium" / package for package in BROWSER_PACKAGES
        )
        return next((program for program in unpacked if program.is_file()), None)

    def environment(self, home: Path) -> dict[str, str]:
        """The smallest environment in which the programs run, with `home` as the only place for their files."""
        variables = {
            "PATH": self.search_path,
            "HOME": str(home),
            "TMPDIR": str(home),
            "LANG": "C.UTF-8",
        }
        libraries = [
            str(folder)
            for package in sorted(self.root.glob("*/"))
            for folder in library_folders(package)
        ]
        if libraries:
            variables["LD_LIBRARY_PATH"] = os.pathsep.join(libraries)
        return variables


def toolbox() -> Toolbox:
    """The clients of this checkout."""
    return Toolbox(PROJECT / ".test-tools")


def main() -> int:
    """Fetches what is missing. What cannot be had is told and is no failure: the tests that need it skip."""
    tools = toolbox()
    console = subprocess.Popen(
        die_with_parent([sys.executable, "-m", "ops", "console", "--dev"]), cwd=PROJECT
    )
    for program, package in PROGRAMS.items():
        if tools.find(program) is None:
            _fetch(package, tools)
        _print_found(program, tools.find(program))
    for package in BROWSER_PACKAGES:
        if tools.find_browser() is None:
            _fetch(package, tools)
    _print_found("browser", tools.find_browser())
    if console.wait() != 0:
        print("console      not built: tests that need it are skipped", flush=True)
    return 0


def _fetch(package: str, tools: Toolbox) -> None:
    try:
        fetch_package(package, tools.root)
    except OpsError as refused:
        print(f"test clients: {refused}", file=sys.stderr, flush=True)


def _print_found(program: str, found: Path | None) -> None:
    print(f"{program:12} {found or 'missing: tests that need it are skipped'}", flush=True)


def _runs(program: Path) -> bool:
    try:
        return (
            subprocess.run(
                [program, "--version"], capture_output=True, timeout=30, check=False
            ).returncode
            == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


if __name__ == "__main__":
    sys.exit(main())
