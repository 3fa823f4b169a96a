"""Finds nginx and Distribution on this machine, or unpacks Debian's packages of them.

`apt-get` downloads to a folder of the installation, and `dpkg -x` unpacks there. No maintainer
script runs, no service starts, nothing else on the machine changes, and root is not needed.
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

# The hooks of the machine's configuration change the machine's folders: in Debian's container
# images, `update` empties the package cache.
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
    """A program and the environment variables that it needs."""

    path: Path
    environment: dict[str, str] = field(default_factory=dict)

    def output(self, *arguments: str) -> str:
        """Run the program and return its output, or an empty text if it does not run."""
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
    """Return the machine's nginx, or unpack Debian's below `tools` if modules are missing.

    Raises:
        OpsError: There is no nginx, and Debian's cannot be fetched.
    """
    found = shutil.which("nginx", path=search_path())
    if found is not None and _has_modules(Tool(Path(found))):
        return Tool(Path(found))
    return _from_package("nginx", "usr/sbin/nginx", tools)


def nginx_version(nginx: Tool) -> tuple[int, ...]:
    """Return the version of nginx.

    Raises:
        OpsError: nginx does not run.
    """
    version = re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", nginx.output("-v"))
    if version is None:
        raise OpsError(f"{nginx.path} does not run")
    return tuple(int(part) for part in version.groups())


def find_registry(tools: Path, chosen: Path | None) -> Tool:
    """Return Distribution: `chosen`, or the machine's, or Debian's, unpacked below `tools`.

    Args:
        tools: The folder of unpacked packages.
        chosen: The program of REGISTRY_BIN.

    Raises:
        SettingError: `chosen` is not Distribution.
        OpsError: There is no Distribution, and Debian's cannot be fetched.
    """
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
    configured = nginx.output("-V")
    return all(module in configured for module in _NEEDED_MODULES)


def _is_distribution(registry: Tool) -> bool:
    return "distribution" in registry.output("--version")


def fetch_package(package: str, tools: Path) -> Path:
    """Return the folder below `tools` with `package` and its dependencies. Fetch it if missing.

    Raises:
        OpsError: The package cannot be fetched.
    """
    root = tools / package
    with _locked(tools):
        if not root.is_dir():
            _unpack(package, root)
    return root


def library_folders(root: Path) -> list[Path]:
    """Return the folders of the shared libraries of an unpacked package.

    They contain only libraries that the machine does not have.
    """
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
            f"Debian's package {package} has no {program}: install {package} on this machine"
        )
    libraries = [str(folder) for folder in library_folders(root)]
    # These libraries hide none of the machine's, because only missing ones were fetched.
    return Tool(root / program, {"LD_LIBRARY_PATH": ":".join(libraries)} if libraries else {})


@contextmanager
def _locked(tools: Path) -> Iterator[None]:
    """Wait until no other installation unpacks in the same folder."""
    if not tools.is_dir():
        tools.mkdir(parents=True)
        tools.chmod(0o755)  # The children run programs from it, whatever the umask is.
    with (tools / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _unpack(package: str, root: Path) -> None:
    for command in ("apt-get", "dpkg", "dpkg-deb"):
        if shutil.which(command, path=search_path()) is None:
            raise OpsError(
                f"{package} is missing, and {command}, which could fetch it, is missing too:"
                f" install {package} on this machine"
            )
    with tempfile.TemporaryDirectory(dir=root.parent, prefix=f".{package}.") as temporary:
        work = Path(temporary)
        unpacked = work / "root"
        unpacked.mkdir(mode=0o755)
        for archive in _download(package, work):
            _call(["dpkg", "-x", str(archive), str(unpacked)], f"{archive.name} cannot be unpacked")
        work.chmod(0o755)
        unpacked.rename(root)


def _download(package: str, work: Path) -> list[Path]:
    """Fetch `package` and its missing dependencies.

    Use the machine's package lists first, and fetch new lists if the package is not in them.
    """
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
    """Run `argv`. If it fails, raise OpsError with `problem` and apt's first error."""
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
