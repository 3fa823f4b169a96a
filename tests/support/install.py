"""Brings the clients that the end-to-end tests drive: what is missing is unpacked into a folder of the project.

`python -m tests.support.install` downloads Debian packages with apt-get and unpacks them with dpkg. Nothing is installed
on the machine, no service is started and no maintainer script runs, so it needs no root and a test run can be undone
by deleting the folder. A program that the machine already has is used as it is.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]

PROGRAMS = {
    "dockerd": "docker.io",
    "docker": "docker.io",
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "podman": "podman",
    "conmon": "conmon",
    "skopeo": "skopeo",
}
"""Each program and the Debian or Ubuntu package that has it."""


@dataclass(frozen=True, slots=True)
class Toolbox:
    """Where the clients are found: the machine's own folders first, then the unpacked packages."""

    root: Path

    @property
    def unpacked(self) -> tuple[Path, ...]:
        return (self.root / "usr" / "bin", self.root / "usr" / "sbin")

    @property
    def search_path(self) -> str:
        own = os.environ.get("PATH", os.defpath).split(os.pathsep)
        folders = [*own, "/usr/local/sbin", "/usr/sbin", "/sbin", *map(str, self.unpacked)]
        return os.pathsep.join(dict.fromkeys(folder for folder in folders if folder))

    @property
    def library_path(self) -> str:
        """The unpacked shared libraries: only such as the machine lacks."""
        return os.pathsep.join(sorted({str(library.parent) for library in self.root.glob("usr/lib/*/*.so.*")}))

    def find(self, program: str) -> Path | None:
        found = shutil.which(program, path=self.search_path)
        return Path(found) if found else None

    def missing(self) -> list[str]:
        return [program for program in PROGRAMS if self.find(program) is None]

    def environment(self, home: Path) -> dict[str, str]:
        """The smallest environment in which the programs run, with `home` as the only place for their files."""
        variables = {"PATH": self.search_path, "HOME": str(home), "TMPDIR": str(home), "LANG": "C.UTF-8"}
        if self.library_path:
            variables["LD_LIBRARY_PATH"] = self.library_path
        return variables


def toolbox() -> Toolbox:
    """The clients of this checkout; `MOORAGE_TEST_TOOLS` names another folder to unpack into."""
    return Toolbox(Path(os.environ.get("MOORAGE_TEST_TOOLS") or PROJECT / ".test-tools"))


def install(tools: Toolbox) -> None:
    """Unpacks the packages of all programs that the machine itself lacks.

    Raises:
        RuntimeError: a package cannot be had; the message says which command failed and how.
    """
    lacking = [program for program in PROGRAMS if shutil.which(program, path=_without(tools)) is None]
    packages = sorted({PROGRAMS[program] for program in lacking})
    try:
        _unpack(packages, tools.root)
    except RuntimeError:
        if os.geteuid() != 0:
            raise
        _apt("update", "-q=2")  # the machine's package lists are missing or too old
        _unpack(packages, tools.root)


def _unpack(packages: list[str], target: Path) -> None:
    """Replaces the target folder as a whole, so that an interrupted run leaves nothing half unpacked in it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".test-tools-", dir=target.parent) as folder:
        fresh = Path(folder)
        (fresh / "root").mkdir()
        (fresh / "packages").mkdir()
        _apt("download", "-q=2", *_with_dependencies(packages), directory=fresh / "packages")
        for package in sorted((fresh / "packages").glob("*.deb")):
            _run("dpkg", "-x", str(package), str(fresh / "root"))
        shutil.rmtree(target, ignore_errors=True)
        (fresh / "root").rename(target)


def _without(tools: Toolbox) -> str:
    unpacked = set(map(str, tools.unpacked))
    return os.pathsep.join(folder for folder in tools.search_path.split(os.pathsep) if folder not in unpacked)


def _with_dependencies(packages: list[str]) -> list[str]:
    """The packages and those that they need and the machine lacks: what apt-get would newly install."""
    plan = _apt("--simulate", "install", "--no-install-recommends", *packages)
    # "Inst runc (1.1.5 …" is new; "Inst passwd [1:4.13] (1:4.14 …" would only upgrade what is there.
    return sorted(set(re.findall(r"^Inst (\S+) \(", plan, re.MULTILINE)) | set(packages))


def _apt(*arguments: str, directory: Path | None = None) -> str:
    return _run("apt-get", *arguments, directory=directory)


def _run(*arguments: str, directory: Path | None = None) -> str:
    try:
        done = subprocess.run(arguments, cwd=directory, capture_output=True, text=True, timeout=300, check=False)
    except (FileNotFoundError, subprocess.TimeoutExpired) as broken:
        raise RuntimeError(f"{' '.join(arguments)}: {broken}") from broken
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def main() -> int:
    """Installs what is missing. What cannot be had is told and is no failure: the tests that need it skip."""
    tools = toolbox()
    if tools.missing():
        try:
            install(tools)
        except RuntimeError as broken:
            print(f"test clients: {broken}", file=sys.stderr)
    for program in PROGRAMS:
        print(f"{program:12} {tools.find(program) or 'missing: tests that need it are skipped'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
