"""Runs `moorage gc` on a stack, as an operator would in a second terminal."""

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
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    given = {} if days is None else {"GC_UNTAGGED_DAYS": str(days)}
    return {**kept, "MOORAGE_DATA": str(stack.data), "COLUMNS": "200", **given}


def gc(stack: Stack, *words: str, days: int | None = None, seconds: float = SECONDS) -> Finished:
    """Runs it to its end."""
    return run(
        [*MOORAGE, "gc", *words],
        environment=environment(stack, days=days),
        seconds=seconds,
        directory=PROJECT,
    )


def start_gc(stack: Stack, *, days: int | None = None) -> subprocess.Popen[str]:
    """Starts it and lets it run; its output is a pipe."""
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
    """What it said that it freed."""
    found = _FREED.search(output)
    assert found is not None, output
    return int(found[1])


def disk_usage(folder: Path) -> int:
    """Bytes on disk as `du` counts them."""
    shown = subprocess.run(
        ["du", "--summarize", "--block-size=1", str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(shown.stdout.split()[0])
