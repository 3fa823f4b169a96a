"""Memory of each service and of the whole system, after the other rows."""

import re
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure
from bench.installation import SERVICES, Installation

_MIB = 1024


def measure(installation: Installation) -> Iterator[Figure]:
    """Yield the figures of memory.

    Shared pages count in full for a service (Rss), and once for the whole system (Pss).
    """
    pids = {service: pid_of(service, installation.ports[service]) for service in SERVICES}
    for service, pid in pids.items():
        yield Figure("memory", f"{service}, resident", _kib(pid, "Rss") / _MIB, "MiB", ("≤", 150))
    system = family(parent(pids["auth"]))
    rss = sum(_kib(pid, "Rss") for pid in system) / _MIB
    pss = sum(_kib(pid, "Pss") for pid in system) / _MIB
    detail = f"{len(system)} processes; {rss:,.0f} MiB with shared pages counted in each"
    yield Figure("memory", "the whole system of `make run`", pss, "MiB", ("≤", 700), detail)


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def pid_of(service: str, port: int) -> int:
    """Return the id of the process that serves ``service`` on ``port``."""
    wanted = "\0".join(("serve", service, "--host", "127.0.0.1", "--port", str(port)))
    return next(pid for pid in _processes() if wanted in _read(pid, "cmdline"))


def family(pid: int) -> set[int]:
    """Return ``pid`` and its descendants."""
    members = {pid}
    parents = {process: parent(process) for process in _processes()}
    while more := {process for process, above in parents.items() if above in members} - members:
        members |= more
    return members


def parent(pid: int) -> int:
    """Return the id of the parent of ``pid``, or 0 if the process has ended."""
    fields = _read(pid, "stat").rpartition(")")[2].split()
    return int(fields[1]) if fields else 0


def _kib(pid: int, kind: str) -> int:
    found = re.search(rf"^{kind}:\s+(\d+) kB", _read(pid, "smaps_rollup"), re.MULTILINE)
    return int(found[1]) if found else 0


def _read(pid: int, name: str) -> str:
    try:
        return (Path("/proc") / str(pid) / name).read_text(errors="replace")
    except OSError:
        return ""  # the process has ended
