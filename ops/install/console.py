"""The web console's files: built from `console/`, once for each state of its sources, and put where the gateway serves them."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.host.files import private_dir, write_private
from ops.host.privileges import RunUser
from ops.install.npm import CONSOLE, node, npm
from ops.layout import PROJECT

DIST = CONSOLE / "dist"

_STAMP = CONSOLE / ".built"
_INSTALLED = CONSOLE / "node_modules" / ".moorage-lock"
_CACHE = CONSOLE / ".npm-cache"
_MADE = {"node_modules", "dist", "dist.new", ".npm-cache", ".built"}
_NOTICES = PROJECT / "deploy" / "gateway" / "console"


def is_current() -> bool:
    """Tell whether `console/dist` is built from the sources as they are; where there are no sources, nothing is to be done."""
    if not (CONSOLE / "package.json").is_file():
        return True
    try:
        return (
            (DIST / "index.html").is_file()
            and _STAMP.is_file()
            and _STAMP.read_text() == _digest_of(_sources())
        )
    except OSError:  # a file that an editor has just replaced; the build looks again
        return False


def build_console() -> bool:
    """Build `console/dist` where its sources changed since the last time; return whether they had.

    Raises OpsError with the end of what npm or Vite said; what was built before is then still there.
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
    """Check that the API's types are current, then types, style and the unit tests; raises OpsError with what is wrong."""
    install_development_packages()
    for script in ("types:check", "check", "test"):
        npm("run", script)


def install_development_packages() -> None:
    """Install what the console's checks and tests need; raises OpsError with what npm said."""
    with _only_build():
        install_packages(development=True)


def install_packages(*, development: bool = False) -> None:
    """Install what package-lock.json names into `console/node_modules`, unless it is there; raises OpsError with what npm said.

    What only checks and tests need is left out unless `development` asks for it.
    """
    digest = _digest_of(
        [CONSOLE / name for name in ("package.json", "package-lock.json", ".npmrc")]
    )
    wanted = [f"{digest} all"] if development else [f"{digest} all", f"{digest} build"]
    if _INSTALLED.is_file() and _INSTALLED.read_text() in wanted:
        return
    npm("ci", *([] if development else ["--omit=dev"]))
    _INSTALLED.write_text(wanted[-1])
    shutil.rmtree(_CACHE, ignore_errors=True)  # half as large as what was installed


def publish_console(
    folder: Path, user: RunUser, *, building: bool = False, dist: Path = DIST
) -> bool:
    """Put the console that was built into `dist` into `folder`, for `user` to serve; return whether there is one.

    The page goes last: whoever finds it finds all that it names. Where nothing was built, `folder` gets a page that says so
    instead: that it is being built, if it is `building`, and else that it could not be.
    """
    private_dir(folder, user)
    notice = "building.html" if building else "missing.html"
    write_private(folder / "notice.html", (_NOTICES / notice).read_bytes(), user)
    if not (dist / "index.html").is_file():
        return False
    for source in sorted(
        dist.rglob("*"),
        key=lambda path: (path.name.startswith("index.html"), path.suffix != ".gz", path),
    ):
        place = folder / source.relative_to(dist)
        if source.is_dir():
            private_dir(place, user)
        else:
            private_dir(place.parent, user)
            write_private(place, source.read_bytes(), user)
    return True


@contextmanager
def _only_build() -> Iterator[None]:
    """Only one builds at a time; the second waits and finds everything done. The lock is on the folder: no file."""
    descriptor = os.open(CONSOLE, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sources() -> list[Path]:
    """Every file that the build reads."""
    tops = [path for path in CONSOLE.iterdir() if path.name not in _MADE]
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
