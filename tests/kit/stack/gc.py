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


def environment(stack: Stack) -> dict[str, str]:
    """Return the environment of the command."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    return {**kept, "MOORAGE_DATA": str(stack.data), "COLUMNS": "200"}


def _command(*words: str, days: int | None, minutes: int) -> list[str]:
    replaced = (
        () if days is None else ("--untagged-days", str(days), "--grace-minutes", str(minutes))
    )
    return [*MOORAGE, "gc", *words, *replaced]


def gc(
    stack: Stack, *words: str, days: int | None = None, minutes: int = 0, seconds: float = SECONDS
) -> Finished:
    """Run `moorage gc` and wait for its end.

    ``days`` without a tag and ``minutes`` of waiting replace the settings. If ``days`` is None, the
    settings apply.
    """
    return run(
        _command(*words, days=days, minutes=minutes),
        environment=environment(stack),
        seconds=seconds,
        directory=PROJECT,
    )


def start_gc(stack: Stack, *, days: int | None = None, minutes: int = 0) -> subprocess.Popen[str]:
    """Start `moorage gc` with its output in a pipe, and return at once."""
    return subprocess.Popen(
        _command(days=days, minutes=minutes),
        env=environment(stack),
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
