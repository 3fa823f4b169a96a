"""Load from `wrk`: the machine's own, or Debian's, unpacked beside the test clients."""

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
    """wrk did not run, or was answered with errors."""


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk measured: how many requests, how many per second, and latencies in seconds."""

    requests: int
    rate: float
    p50: float
    p99: float
    processor_seconds: float = 0.0

    @property
    def processor_rate(self) -> float:
        """Requests per second of the server's own processor time: what other programs of the machine disturb least."""
        return self.requests / max(self.processor_seconds, 0.01)


@cache
def wrk() -> Tool:
    """The program; fetched where the machine has none."""
    tools = toolbox()
    if tools.find("wrk") is None:
        fetch_package("wrk", tools.root)
    found = tools.find("wrk")
    if found is None:
        raise LoadFailed("there is no wrk")
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
    """Ask ``url`` from ``connections`` connections; ``script`` is Lua. Raises LoadFailed when an answer is no 2xx."""
    tool = wrk()
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as lua:
        lua.write(
            _with_headers(headers or {}) + script
        )  # in a file: a credential must not stand in a command line
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
        raise LoadFailed(f"{refused[1]} answers of {url.partition('?')[0]} were no success")
    times = {
        part: float(number) * _UNITS[unit] for part, number, unit in _QUANTILE.findall(done.stdout)
    }
    return Load(int(requests[1]), float(rate[1]), times.get("50", 0.0), times.get("99", 0.0))


def _with_headers(headers: dict[str, str]) -> str:
    return "".join(f'wrk.headers["{name}"] = "{value}"\n' for name, value in headers.items())


def measure_server(pid: int, url: str, **how: Any) -> Load:
    """As ``measure``, with the processor time that the process ``pid`` takes meanwhile."""
    before = _processor_seconds(pid)
    taken = measure(url, **how)
    return replace(taken, processor_seconds=_processor_seconds(pid) - before)


def _processor_seconds(pid: int) -> float:
    fields = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
