"""Runs the tests that Distribution 3.1.1 must pass as well, those marked `registry_versions`, where Go is there to build it.

`python -m tests.kit.distribution3` builds it into a folder of the project, once, and starts pytest with REGISTRY_BIN; a REGISTRY_BIN
that is given is used as it is. What Go fetches and keeps on the way is gone afterwards. Where there is no Go, or it cannot fetch what it
needs, that is told and is no failure.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.kit.install import toolbox

VERSION = "v3.1.1"
PACKAGE = f"github.com/distribution/distribution/v3/cmd/registry@{VERSION}"
MARK = "registry_versions"
BUILD_SECONDS = 600.0
"""Two cores and a slow line take three minutes; a line that is dead must not hold up the rest."""


class NotBuilt(Exception):
    """There is no Distribution 3 to test with; the message says why, in one line."""


def built(tools: Path) -> Path:
    """Returns the program below `tools`, and builds it first when it is not there.

    Raises:
        NotBuilt: no Go, or Go did not build it.
    """
    program = tools / f"distribution-{VERSION}" / "registry"
    if not program.is_file():
        go = shutil.which("go")
        if go is None:
            raise NotBuilt("there is no Go")
        with _workplace(tools) as work:
            _build(go, work)
            program.parent.mkdir(exist_ok=True)
            program.parent.chmod(0o755)  # whatever the umask: the registry runs as another user
            (work / "bin/registry").chmod(0o755)
            (work / "bin/registry").replace(program)
    return program


@contextlib.contextmanager
def _workplace(tools: Path) -> Iterator[Path]:
    if not tools.is_dir():
        tools.mkdir(parents=True)
        tools.chmod(0o755)
    with tempfile.TemporaryDirectory(dir=tools, prefix=".distribution-") as made:
        yield Path(made)


def _build(go: str, work: Path) -> None:
    """`go install` with everything of Go's own below `work`; its settings, mirrors among them, are the user's."""
    configuration = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    counting = work / "config/go/telemetry/mode"
    counting.parent.mkdir(parents=True)
    counting.write_text(
        "off"
    )  # else a process that goes on after it counts its use into the folder
    environment = os.environ | {
        "GOENV": os.environ.get("GOENV") or str(configuration / "go/env"),
        "XDG_CONFIG_HOME": str(work / "config"),
        "GOPATH": str(work / "path"),
        "GOMODCACHE": str(work / "path/pkg/mod"),
        "GOCACHE": str(work / "cache"),
        "GOTMPDIR": str(work),
        "GOBIN": str(work / "bin"),
        "CGO_ENABLED": "0",
    }
    command = [go, "install", "-modcacherw", "-trimpath", "-ldflags=-s -w", PACKAGE]
    process = subprocess.Popen(
        command,
        cwd=work,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=BUILD_SECONDS)
    except subprocess.TimeoutExpired:
        raise NotBuilt(f"Go did not finish within {BUILD_SECONDS:.0f} s") from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    if process.returncode != 0:
        raise NotBuilt(
            f"Go cannot build it: {(said.strip().splitlines() or ['it said nothing'])[-1]}"
        )


def main() -> int:
    """Becomes pytest with what is given beside the mark; returns when there is nothing to test with."""
    given = os.environ.get("REGISTRY_BIN")
    try:
        program = Path(given) if given else built(toolbox().root)
    except NotBuilt as reason:
        print(f"skipped: the tests on Distribution {VERSION}: {reason}")
        return 0
    print(
        f"on {subprocess.run([program, '--version'], capture_output=True, text=True, check=True).stdout.strip()}",
        flush=True,
    )
    os.execve(
        sys.executable,
        [sys.executable, "-m", "pytest", "-m", MARK, *sys.argv[1:]],
        os.environ | {"REGISTRY_BIN": str(program)},
    )


if __name__ == "__main__":
    sys.exit(main())
