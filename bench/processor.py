"""Processor time of server processes."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from bench.installation import Installation
from bench.memory import family, parent
from tests.kit.stack.processes import parts


def seconds(pid: int) -> float:
    """Return the processor time of a process, its descendants, and those that have ended."""
    return sum(map(_own_seconds, family(pid)))


def of_installation(installation: Installation) -> dict[str, float]:
    """Return the processor time of each part of ``moorage run``, in seconds.

    The supervisor and scheduled work are ``other``.
    """
    pids = parts(installation.stack.data)
    taken = of_programs(pids)
    everything = seconds(parent(pids["auth"]))
    return {**taken, "other": everything - sum(taken.values())}


def of_programs(pids: Mapping[str, int]) -> dict[str, float]:
    """Return the processor time of each program, in seconds."""
    return {name: seconds(pid) for name, pid in pids.items()}


def difference(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Return by how much each value has grown."""
    return {name: after[name] - before[name] for name in after}


def per_push(taken: Iterable[Mapping[str, float]], pushes: int) -> str:
    """Return the mean of each part in milliseconds per push, as text, the largest first."""
    rounds = list(taken)
    means = {
        name: 1000 * sum(one[name] for one in rounds) / len(rounds) / pushes for name in rounds[0]
    }
    ordered = sorted(means.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {value:.1f}" for name, value in ordered)


def _own_seconds(pid: int) -> float:
    try:
        fields = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0  # the process has ended; its parent has its time
    # proc(5): utime, stime, and the same of the children that have ended
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
