"""The toolbox of real clients and a browser, and the command that fetches missing ones.

`python -m tests.kit.install` fetches Debian packages, unpacks them into a folder of the project,
and builds the console. With Go, it also builds the OCI conformance suite, an S3 server, and Helm.
It needs no root: it installs nothing on the machine, starts no service, and runs no maintainer
script. To undo it, delete the folder. If the machine has a program, the tests use that one.
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
from ops.install.debian import Tool, fetch_package, find_nginx, find_registry, library_folders
from tests.kit.clients.helm_program import HELM
from tests.kit.conformance import SUITE
from tests.kit.go import GoProgram, NotBuilt, workplace
from tests.kit.servers.versitygw import VERSITYGW

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
    "pgbouncer": "pgbouncer",
    "prometheus": "prometheus",  # brings promtool
    "promtool": "prometheus",
}
"""Each program, and the Debian package to fetch if no earlier package contains it."""

BROWSERS = ("chromium", "google-chrome", "chromium-browser")
"""Names of a browser. Ubuntu's `chromium-browser` can be a script that only requests a snap."""

BROWSER_PACKAGES = ("chromium-headless-shell", "chromium")
"""Debian packages of a browser, the smaller one first (220 MB with its dependencies)."""


@dataclass(frozen=True, slots=True)
class Toolbox:
    """The programs of this machine and, after them, those of the unpacked packages.

    Args:
        root: the folder with one folder for each unpacked package.
    """

    root: Path

    @property
    def unpacked(self) -> list[Path]:
        """The folders that contain the programs of the unpacked packages."""
        return sorted(
            folder for name in ("bin", "sbin") for folder in self.root.glob(f"*/usr/{name}")
        )

    @property
    def search_path(self) -> str:
        """The value of PATH."""
        return os.pathsep.join([search_path(), *map(str, self.unpacked)])

    def find(self, program: str) -> Path | None:
        """Return the path of a program, or None if it is missing."""
        found = shutil.which(program, path=self.search_path)
        return Path(found) if found else None

    def find_browser(self) -> Path | None:
        """Return the machine's Chromium if it runs, or the unpacked one.

        The start script of the unpacked one works only in the machine's folders, so the program
        itself is returned.
        """
        for name in BROWSERS:
            found = self.find(name)
            if found is not None and found.parent not in self.unpacked and _runs(found):
                return found
        unpacked = (
            self.root / package / "usr/lib/chromium" / package for package in BROWSER_PACKAGES
        )
        return next((program for program in unpacked if program.is_file()), None)

    def environment(self, home: Path) -> dict[str, str]:
        """Return a minimal environment for the programs, with all their files in `home`."""
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
    """Return the toolbox of this checkout."""
    return Toolbox(PROJECT / ".test-tools")


def tools_folder() -> Path:
    """Return the folder with unpacked packages: MOORAGE_TOOLS, or the one of this checkout."""
    return Path(os.environ.get("MOORAGE_TOOLS") or toolbox().root)


def nginx_program() -> Tool:
    """Return NGINX_BIN, the machine's nginx, or Debian's, unpacked, as `make run` does."""
    given = os.environ.get("NGINX_BIN")
    return Tool(Path(given)) if given else find_nginx(tools_folder())


def registry_program() -> Tool:
    """Return REGISTRY_BIN, the machine's Distribution, or Debian's, unpacked."""
    given = os.environ.get("REGISTRY_BIN")
    return find_registry(tools_folder(), Path(given) if given else None)


def main() -> int:
    """Fetch missing programs.

    If one cannot be fetched, print that and succeed: tests that need it are skipped.
    """
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
    with workplace(tools.root) as work:
        for built in (SUITE, VERSITYGW, HELM):
            _build(built, tools, work)
    if console.wait() != 0:
        print("console      not built: tests that need it are skipped", flush=True)
    return 0


def _fetch(package: str, tools: Toolbox) -> None:
    try:
        fetch_package(package, tools.root)
    except OpsError as refused:
        print(f"test clients: {refused}", file=sys.stderr, flush=True)


def _build(program: GoProgram, tools: Toolbox, work: Path) -> None:
    try:
        print(f"{program.name:12} {program.built(tools.root, work)}", flush=True)
    except NotBuilt as reason:
        print(f"{program.name:12} {reason}: tests that need it are skipped", flush=True)


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
