"""nginx and Distribution: the machine's own where they are there, else Debian's packages, unpacked and not installed.

`apt-get` downloads into folders of ours and `dpkg -x` unpacks: no maintainer script runs, no service starts, nothing on
the machine changes, and no root is needed.
"""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ops.errors import OpsError, SettingError
from ops.host.environment import child_environment, search_path
from ops.host.privileges import die_with_parent

# Hooks of the machine's own configuration would act on the machine's own folders: `update` in Debian's container images
# empties its package cache.
_APT_CONFIGURATION = """\
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Install-Pkgs;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
APT::Sandbox::User "";
APT::Get::Install-Recommends "false";
APT::Get::Install-Suggests "false";
Debug::NoLocking "true";
Acquire::Languages "none";
Acquire::Retries "3";
Dir::State::status "/var/lib/dpkg/status";
"""
_NEEDED_MODULES = tuple(
    f"--with-http_{name}_module" for name in ("auth_request", "gzip_static", "realip", "ssl")
)


@dataclass(frozen=True, slots=True)
class Tool:
    """A program and what it needs in its environment."""

    path: Path
    environment: dict[str, str] = field(default_factory=dict)

    def output(self, *arguments: str) -> str:
        """Run it and return all that it prints; empty when it does not run."""
        try:
            done = subprocess.run(
                [str(self.path), *arguments],
                env=child_environment(**self.environment),
                capture_output=True,
                text=True,
                timeout=20,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout + done.stderr


def find_nginx(tools: Path) -> Tool:
    """Return an nginx with the modules that the gateway needs, unpacking Debian's below `tools` when there is none."""
    found = shutil.which("nginx", path=search_path())
    if found is not None and _has_modules(Tool(Path(found))):
        return Tool(Path(found))
    return _from_package("nginx", "usr/sbin/nginx", tools)


def nginx_version(nginx: Tool) -> tuple[int, ...]:
    """Return its version; raises OpsError when it does not run."""
    version = re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", nginx.output("-v"))
    if version is None:
        raise OpsError(f"{nginx.path} does not run")
    return tuple(int(part) for part in version.groups())


def find_registry(tools: Path, chosen: Path | None) -> Tool:
    """Return Distribution: `chosen` (REGISTRY_BIN), the machine's, or Debian's unpacked below `tools`."""
    if chosen is not None:
        if not _is_distribution(Tool(chosen)):
            raise SettingError(
                "REGISTRY_BIN", f"{chosen} is not a Docker Distribution that runs here"
            )
        return Tool(chosen)
    for name in ("docker-registry", "registry"):
        found = shutil.which(name, path=search_path())
        if found is not None and _is_distribution(Tool(Path(found))):
            return Tool(Path(found))
    return _from_package("docker-registry", "usr/bin/docker-registry", tools)


def _has_modules(nginx: Tool) -> bool:
    shown = nginx.output("-V")
    return all(module in shown for module in _NEEDED_MODULES)


def _is_distribution(registry: Tool) -> bool:
    return "distribution" in registry.output("--version")


def fetch_package(package: str, tools: Path) -> Path:
    """Return the folder below `tools` that holds `package` and what it needs, fetched when it is not there; raises OpsError."""
    root = tools / package
    with _locked(tools):
        if not root.is_dir():
            _unpack(package, root)
    return root


def library_folders(root: Path) -> list[Path]:
    """Return where the shared libraries of an unpacked package are: only such as the machine lacks."""
    return sorted(
        {
            file.parent
            for lib in ("lib", "usr/lib")
            for file in (root / lib).glob("*-linux-*/*.so.*")
        }
    )


def _from_package(package: str, program: str, tools: Path) -> Tool:
    """Return `program` of the unpacked `package`."""
    root = fetch_package(package, tools)
    if not (root / program).is_file():
        raise OpsError(
            f"Debian's package {package} holds no {program}: install {package} on this machine"
        )
    libraries = [str(folder) for folder in library_folders(root)]
    # Only what the machine lacks was fetched, so nothing of the machine's is hidden by it.
    return Tool(root / program, {"LD_LIBRARY_PATH": ":".join(libraries)} if libraries else {})


@contextmanager
def _locked(tools: Path) -> Iterator[None]:
    """Only one unpacks at a time, where several installations share the folder."""
    if not tools.is_dir():
        tools.mkdir(parents=True)
        tools.chmod(0o755)  # whatever the umask: the children run from it
    with (tools / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _unpack(package: str, root: Path) -> None:
    for command in ("apt-get", "dpkg", "dpkg-deb"):
        if shutil.which(command, path=search_path()) is None:
            raise OpsError(
                f"{package} is missing and so is {command} to fetch it with: install {package} on this machine"
            )
    with tempfile.TemporaryDirectory(dir=root.parent, prefix=f".{package}.") as made:
        work = Path(made)
        unpacked = work / "root"
        unpacked.mkdir(mode=0o755)
        for archive in _download(package, work):
            _call(["dpkg", "-x", str(archive), str(unpacked)], f"{archive.name} cannot be unpacked")
        work.chmod(0o755)
        unpacked.rename(root)


def _download(package: str, work: Path) -> list[Path]:
    """Fetch `package` and what it depends on and the machine has not; with the machine's package lists if they do."""
    cache, lists = work / "cache", work / "state/lists"
    for folder in (cache / "archives/partial", lists / "partial"):
        folder.mkdir(parents=True)
    configuration = work / "apt.conf"
    configuration.write_text(_APT_CONFIGURATION)
    apt = [
        "apt-get",
        "-q",
        "-y",
        "-c",
        str(configuration),
        "-o",
        f"Dir::Cache={cache}",
        "-o",
        f"Dir::State={work / 'state'}",
    ]
    fetch = ["install", "--download-only", "--reinstall", package]
    known_lists = ["-o", "Dir::State::lists=/var/lib/apt/lists/"]
    problem = f"{package} is missing on this machine and cannot be fetched from Debian's packages"
    try:
        _call([*apt, *known_lists, *fetch], problem)
    except OpsError:
        _call([*apt, "update"], problem)
        _call([*apt, *fetch], problem)
    archives = sorted((cache / "archives").glob("*.deb"))
    if not archives:
        raise OpsError(problem)
    return archives


def _call(argv: list[str], problem: str) -> None:
    """Run `argv`; raises OpsError with `problem` and the last line that tells why."""
    done = subprocess.run(
        die_with_parent(argv),
        env=os.environ
        | {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive", "PATH": search_path()},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        lines = [line for line in (done.stderr + done.stdout).splitlines() if line.startswith("E:")]
        raise OpsError(problem + (f" ({lines[0].removeprefix('E: ')})" if lines else ""))
