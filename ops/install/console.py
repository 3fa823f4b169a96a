"""Builds the web console if its sources changed, and copies it to where the gateway serves it."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ops.host.files import private_dir, write_private
from ops.host.privileges import RunUser
from ops.install.npm import CONSOLE, node, npm
from ops.layout import PROJECT

DIST = CONSOLE / "dist"

_STAMP = CONSOLE / ".built"
_INSTALLED = CONSOLE / "node_modules" / ".moorage-lock"
_CACHE = CONSOLE / ".npm-cache"
_GENERATED = {"node_modules", "dist", "dist.new", ".npm-cache", ".built"}
_NOTICES = PROJECT / "deploy" / "gateway" / "console"


def is_current() -> bool:
    """Return whether `console/dist` was built from the current sources, or there are no sources."""
    if not (CONSOLE / "package.json").is_file():
        return True
    try:
        return (
            (DIST / "index.html").is_file()
            and _STAMP.is_file()
            and _STAMP.read_text() == _digest_of(_sources())
        )
    except OSError:  # An editor has just replaced a file. The build checks again.
        return False


def build_console() -> bool:
    """Build `console/dist` if its sources changed, and return whether they did.

    Raises:
        OpsError: npm or Vite failed. The last build is unchanged.
    """
    with _only_build():
        digest = _digest_of(_sources())
        if is_current():
            return False
        install_packages()
        node("scripts/build.mjs")
        _STAMP.write_text(digest)
        return True


def check_console() -> None:
    """Check that the API's types are current, check types and style, and run the unit tests.

    Raises:
        OpsError: A check failed.
    """
    install_development_packages()
    for script in ("types:check", "check", "test"):
        npm("run", script)


def install_development_packages() -> None:
    """Install the packages that the console's checks and tests need.

    Raises:
        OpsError: npm failed.
    """
    with _only_build():
        install_packages(development=True)


def install_packages(*, development: bool = False) -> None:
    """Install the packages of package-lock.json if they are missing.

    Args:
        development: Whether to install packages that only checks and tests need.

    Raises:
        OpsError: npm failed.
    """
    digest = _digest_of(
        [CONSOLE / name for name in ("package.json", "package-lock.json", ".npmrc")]
    )
    wanted = [f"{digest} all"] if development else [f"{digest} all", f"{digest} build"]
    if _INSTALLED.is_file() and _INSTALLED.read_text() in wanted:
        return
    npm("ci", *([] if development else ["--omit=dev"]))
    _INSTALLED.write_text(wanted[-1])
    shutil.rmtree(_CACHE, ignore_errors=True)  # Half as large as the packages.


def publish_console(
    folder: Path, user: RunUser, *, building: bool = False, dist: Path = DIST
) -> bool:
    """Copy the built console from `dist` to `folder`, and return whether there is one.

    The page is copied after the files that it loads. If there is no build, the gateway serves the
    notice in `folder`.

    Args:
        folder: The folder that the gateway serves.
        user: The owner of the files.
        building: Whether the notice says that the console is being built, or that it is missing.
        dist: The built files.
    """
    private_dir(folder, user)
    notice = "building.html" if building else "missing.html"
    write_private(folder / "notice.html", (_NOTICES / notice).read_bytes(), user)
    while (dist / "index.html").is_file():
        with suppress(FileNotFoundError):  # a build in another process has replaced the files
            _copy(dist, folder, user)
            return True
    return False


def _copy(dist: Path, folder: Path, user: RunUser) -> None:
    for source in sorted(
        dist.rglob("*"),
        key=lambda path: (path.name.startswith("index.html"), path.suffix != ".gz", path),
    ):
        target = folder / source.relative_to(dist)
        if source.is_dir():
            private_dir(target, user)
        else:
            private_dir(target.parent, user)
            write_private(target, source.read_bytes(), user)


@contextmanager
def _only_build() -> Iterator[None]:
    """Wait until no other process builds. The lock is on the folder itself, so it needs no file."""
    descriptor = os.open(CONSOLE, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sources() -> list[Path]:
    """Return every file that the build reads."""
    tops = [path for path in CONSOLE.iterdir() if path.name not in _GENERATED]
    return [
        path
        for top in tops
        for path in (top.rglob("*") if top.is_dir() else [top])
        if path.is_file()
    ]


def _digest_of(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(CONSOLE)} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()
