"""`moorage gc` on a running stack, as an operator runs it in a second terminal."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.kit.install import PROJECT
from tests.kit.process import Finished, run
from tests.kit.stack.run import MOORAGE, Stack

SECONDS = 60.0
_FREED = re.compile(r"Freed:\s+(-?\d+)\s+bytes")


def environment(stack: Stack, *, days: int | None = None) -> dict[str, str]:
    """Return the environment of the command. ``days`` sets GC_UNTAGGED_DAYS."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    given = {} if days is None else {"GC_UNTAGGED_DAYS": str(days)}
    return {**kept, "MOORAGE_DATA": str(stack.data), "COLUMNS": "200", **given}


def gc(stack: Stack, *words: str, days: int | None = None, seconds: float = SECONDS) -> Finished:
    """Run `moorage gc` and wait for its end."""
    return run(
        [*MOORAGE, "gc", *words],
        environment=environment(stack, days=days),
        seconds=seconds,
        directory=PROJECT,
    )


def start_gc(stack: Stack, *, days: int | None = None) -> subprocess.Popen[str]:
    """Start `moorage gc` with its output in a pipe, and return at once."""
    return subprocess.Popen(
        [*MOORAGE, "gc"],
        env=environment(stack, days=days),
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def freed_bytes(output: str) -> int:
    """Return the number of freed bytes in the output of `moorage gc`."""
    found = _FREED.search(output)
    assert found is not None, output
    return int(found[1])


def disk_usage(folder: Path) -> int:
    """Return the bytes that a folder uses on the disk, as `du` counts them."""
    shown = subprocess.run(
        ["du", "--summarize", "--block-size=1", str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(shown.stdout.split()[0])
