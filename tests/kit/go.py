"""Builds the Go programs that tests and benchmarks run, into a folder of the project.

Only tests and benchmarks need Go. They print a reason and go on without the program if Go is
missing or cannot build it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BUILD_SECONDS = 600.0
"""Two cores and a slow network take three minutes. Without a network the build must end too."""


class NotBuilt(Exception):
    """Go cannot build a program. The message gives the reason in one line."""


@dataclass(frozen=True, slots=True)
class GoProgram:
    """A program that Go builds.

    Args:
        folder: the folder of the program below the folder of the tools. It names the version.
        name: the name of the program.
        source: a package with its version, such as ``example.org/tool@v1.2.3``, or the absolute
            path of a folder with a Go module.
        parallel: how many processes of Go build it, or None for one per processor.
        seconds: the time limit of the build.
    """

    folder: str
    name: str
    source: str
    parallel: int | None = None
    seconds: float = BUILD_SECONDS

    def path(self, tools: Path) -> Path:
        """Return the path of the program in ``tools``."""
        return tools / self.folder / self.name

    def built(self, tools: Path, work: Path | None = None) -> Path:
        """Return the path of the program. If it is missing or older than its source, build it.

        Go keeps its files in ``work``, or in a new folder that is removed after the build.

        Raises:
            NotBuilt: Go is missing, or it cannot build the program.
        """
        program = self.path(tools)
        if not program.is_file() or self._changed_since(program):
            go = shutil.which("go")
            if go is None:
                raise NotBuilt("there is no Go")
            with workplace(tools) if work is None else contextlib.nullcontext(work) as folder:
                _build(go, folder, self._command(folder), self.seconds)
                program.parent.mkdir(exist_ok=True)
                # Programs of a stack run as another user, whatever the umask is.
                program.parent.chmod(0o755)
                (folder / "bin" / self.name).chmod(0o755)
                (folder / "bin" / self.name).replace(program)
        return program

    def _changed_since(self, program: Path) -> bool:
        built = program.stat().st_mtime
        return any(file.stat().st_mtime > built for file in Path(self.source).glob("*"))

    def _command(self, work: Path) -> list[str]:
        flags = ["-modcacherw", "-trimpath", "-ldflags=-s -w"]
        if self.parallel is not None:
            flags += ["-p", str(self.parallel)]
        if Path(self.source).is_dir():
            flags = ["-C", self.source, *flags]
            return ["build", *flags, "-o", str(work / "bin" / self.name), "."]
        return ["install", *flags, self.source]


@contextlib.contextmanager
def workplace(tools: Path) -> Iterator[Path]:
    """Yield a new folder in ``tools`` for Go's files, and remove it at the end.

    Builds that share it compile the standard library once.
    """
    if not tools.is_dir():
        tools.mkdir(parents=True)
        tools.chmod(0o755)
    with tempfile.TemporaryDirectory(dir=tools, prefix=".go-") as made:
        yield Path(made)


def _build(go: str, work: Path, command: list[str], seconds: float) -> None:
    """Run Go with Go's files in ``work``, but with the user's settings and mirrors."""
    configuration = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    # With telemetry, a background process writes to the folder after Go has ended.
    telemetry_mode = work / "config/go/telemetry/mode"
    telemetry_mode.parent.mkdir(parents=True, exist_ok=True)
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
    process = subprocess.Popen(
        [go, *command],
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
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise NotBuilt(f"Go did not finish within {seconds:.0f} s") from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    if process.returncode != 0:
        raise NotBuilt(f"Go cannot build it: {(output.strip().splitlines() or ['no output'])[-1]}")
