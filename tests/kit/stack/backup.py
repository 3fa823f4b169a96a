"""`moorage backup`, `restore`, and `storage copy`, as an operator runs them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.kit.install import PROJECT
from tests.kit.process import Finished, run
from tests.kit.stack.run import MOORAGE

SECONDS = 240.0


def environment(data: Path, **settings: str) -> dict[str, str]:
    """Return the environment of a command on the installation in ``data``."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    return {**kept, "MOORAGE_DATA": str(data), "COLUMNS": "200", **settings}


def moorage(data: Path, *words: str, **settings: str) -> Finished:
    """Run a command and wait for its end."""
    return run(
        [*MOORAGE, *words],
        environment=environment(data, **settings),
        seconds=SECONDS,
        directory=PROJECT,
    )


def start(data: Path, *words: str, **settings: str) -> subprocess.Popen[str]:
    """Start a command with its output in a pipe, and return at once."""
    return subprocess.Popen(
        [*MOORAGE, *words],
        env=environment(data, **settings),
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
