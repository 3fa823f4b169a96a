"""The command that runs the tests marked `registry_versions` on Distribution 3.1.1.

`python -m tests.kit.distribution3` builds Distribution once, into a folder of the project, and
starts pytest with REGISTRY_BIN. If REGISTRY_BIN is set, it uses that program instead. It removes
Go's caches after the build. If Go is missing or cannot fetch the source, it prints that and
succeeds.
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
"""Two cores and a slow network take three minutes. Without a network the build must end too."""


class NotBuilt(Exception):
    """Distribution 3 cannot be built. The message gives the reason in one line."""


def built(tools: Path) -> Path:
    """Return the program in ``tools``. If it is missing, build it first.

    Raises:
        NotBuilt: Go is missing, or it cannot build the program.
    """
    program = tools / f"distribution-{VERSION}" / "registry"
    if not program.is_file():
        go = shutil.which("go")
        if go is None:
            raise NotBuilt("there is no Go")
        with _workplace(tools) as work:
            _build(go, work)
            program.parent.mkdir(exist_ok=True)
            program.parent.chmod(0o755)  # the registry runs as another user, whatever the umask is
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
    """Run `go install` with Go's files in ``work``, but with the user's settings and mirrors."""
    configuration = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    # With telemetry, a background process writes to the folder after Go has ended.
    telemetry_mode = work / "config/go/telemetry/mode"
    telemetry_mode.parent.mkdir(parents=True)
    telemetry_mode.write_text("off")
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
        output, _ = process.communicate(timeout=BUILD_SECONDS)
    except subprocess.TimeoutExpired:
        raise NotBuilt(f"Go did not finish within {BUILD_SECONDS:.0f} s") from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    if process.returncode != 0:
        raise NotBuilt(f"Go cannot build it: {(output.strip().splitlines() or ['no output'])[-1]}")


def main() -> int:
    """Replace this process by pytest, or return 0 if Distribution 3 cannot be built."""
    given = os.environ.get("REGISTRY_BIN")
    try:
        program = Path(given) if given else built(toolbox().root)
    except NotBuilt as reason:
        print(f"skipped: the tests on Distribution {VERSION}: {reason}")
        return 0
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    print(f"on {version.stdout.strip()}", flush=True)
    os.execve(
        sys.executable,
        [sys.executable, "-m", "pytest", "-m", MARK, *sys.argv[1:]],
        os.environ | {"REGISTRY_BIN": str(program)},
    )


if __name__ == "__main__":
    sys.exit(main())
