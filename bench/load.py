"""Measures the load that a server takes, with `wrk`."""

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from ops.errors import OpsError
from ops.host.environment import child_environment
from ops.install.debian import Tool, fetch_package, library_folders
from tests.kit.install import toolbox

_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}
_REQUESTS = re.compile(r"(\d+) requests in")
_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_QUANTILE = re.compile(r"^\s+(50|99)%\s+([\d.]+)(us|ms|s|m)$", re.MULTILINE)
_REFUSED = re.compile(r"Non-2xx or 3xx responses: (\d+)")


class LoadFailed(OpsError):
    """`wrk` could not run, or responses were errors."""


@dataclass(frozen=True, slots=True)
class Load:
    """What `wrk` measured.

    ``rate`` is in requests per second; ``p50`` and ``p99`` are latencies in seconds.
    """

    requests: int
    rate: float
    p50: float
    p99: float
    processor_seconds: float = 0.0

    @property
    def processor_rate(self) -> float:
        """Requests per second of the server's processor time.

        Other programs of the machine affect it less than they affect ``rate``.
        """
        return self.requests / max(self.processor_seconds, 0.01)


@cache
def wrk() -> Tool:
    """Return the machine's `wrk`, or unpack Debian's package if the machine has none."""
    tools = toolbox()
    if tools.find("wrk") is None:
        fetch_package("wrk", tools.root)
    found = tools.find("wrk")
    if found is None:
        raise LoadFailed("wrk was not found; install it")
    folders = [] if found.is_relative_to("/usr") else library_folders(tools.root / "wrk")
    return Tool(found, {"LD_LIBRARY_PATH": ":".join(map(str, folders))} if folders else {})


def measure(
    url: str,
    *,
    seconds: float = 2,
    connections: int = 16,
    headers: dict[str, str] | None = None,
    script: str = "",
) -> Load:
    """Request ``url`` from ``connections`` connections for ``seconds``; ``script`` is in Lua.

    Raises:
        LoadFailed: `wrk` failed, or a response was not 2xx.
    """
    tool = wrk()
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as lua:
        # in a file, because a command line must not contain a credential
        lua.write(_with_headers(headers or {}) + script)
        lua.flush()
        whole = max(1, round(seconds))
        argv = [
            str(tool.path),
            "-t1",
            f"-c{connections}",
            f"-d{whole}s",
            "--latency",
            "--timeout",
            "20s",
            "-s",
            lua.name,
            url,
        ]
        done = subprocess.run(
            argv,
            env=child_environment(**tool.environment),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    rate, requests = _RATE.search(done.stdout), _REQUESTS.search(done.stdout)
    if done.returncode != 0 or rate is None or requests is None:
        raise LoadFailed(f"wrk: {(done.stderr or done.stdout).strip()[-300:]}")
    if refused := _REFUSED.search(done.stdout):
        raise LoadFailed(f"{refused[1]} responses of {url.partition('?')[0]} were errors")
    times = {
        part: float(number) * _UNITS[unit] for part, number, unit in _QUANTILE.findall(done.stdout)
    }
    return Load(int(requests[1]), float(rate[1]), times.get("50", 0.0), times.get("99", 0.0))


def _with_headers(headers: dict[str, str]) -> str:
    return "".join(f'wrk.headers["{name}"] = "{value}"\n' for name, value in headers.items())


def measure_server(pid: int, url: str, **how: Any) -> Load:
    """Call ``measure``, and add the processor time that the process ``pid`` used."""
    before = _processor_seconds(pid)
    taken = measure(url, **how)
    return replace(taken, processor_seconds=_processor_seconds(pid) - before)


def _processor_seconds(pid: int) -> float:
    fields = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
