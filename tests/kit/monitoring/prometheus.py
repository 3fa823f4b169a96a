"""A Prometheus that scrapes a running Moorage, with the project's own rules."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from ops.host.ports import reserve
from ops.host.privileges import RunUser
from tests.kit.install import PROJECT
from tests.kit.servers.program import running_server

RULES = PROJECT / "deploy" / "monitoring" / "alerts.yaml"

_CONFIGURATION = """\
global: {scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 2s}
rule_files: [rules.yaml]
scrape_configs:
  - job_name: moorage
    file_sd_configs: [{files: [targets.json], refresh_interval: 2s}]
"""


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A running Prometheus."""

    url: str
    folder: Path

    def write_targets(self, targets: list[dict[str, Any]]) -> None:
        """Scrape these targets from now on (``file_sd_configs``)."""
        temporary = self.folder / "targets.new"
        temporary.write_text(json.dumps(targets))
        temporary.replace(self.folder / "targets.json")

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the series of an expression, now."""
        return self._get("query", query=expression)

    def query_range(self, expression: str, *, seconds: float) -> list[dict[str, Any]]:
        """Return the series of an expression for the last ``seconds``."""
        now = time.time()
        return self._get(
            "query_range", query=expression, start=now - seconds, end=now, step=max(1, seconds / 90)
        )

    def firing(self) -> set[str]:
        """Return the names of the alerts that fire now."""
        firing = self.query('ALERTS{alertstate="firing"}')
        return {series["metric"]["alertname"] for series in firing}

    def fired(self) -> set[str]:
        """Return the names of all alerts that fire, or have fired."""
        fired = self.query('max by (alertname) (max_over_time(ALERTS{alertstate="firing"}[1h]))')
        return {series["metric"]["alertname"] for series in fired}

    def _get(self, path: str, **parameters: str | float) -> list[dict[str, Any]]:
        answer = httpx.get(
            f"{self.url}/api/v1/{path}", params=parameters, timeout=30, trust_env=False
        ).json()
        assert answer["status"] == "success", (parameters, answer)
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found


def read_targets(data: Path) -> list[dict[str, Any]]:
    """Return the targets of the Moorage with the data folder ``data``."""
    found: list[dict[str, Any]] = json.loads((data / "prometheus-targets.json").read_text())
    return found


@contextmanager
def running_prometheus(
    program: Path, user: RunUser, folder: Path, targets: list[dict[str, Any]]
) -> Iterator[Prometheus]:
    """Run Prometheus until the context ends. Its rules wait for nothing: they have no ``for``."""
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "rules.yaml").write_text(re.sub(r"\n +for: .*", "", RULES.read_text()))
    (folder / "prometheus.yml").write_text(_CONFIGURATION)
    (folder / "data").mkdir()
    user.own(folder / "data")
    with reserve() as reserved:
        address = reserved.address
    prometheus = Prometheus(f"http://{address}", folder)
    prometheus.write_targets(targets)
    command: list[str | Path] = [
        program,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
        "--log.level=warn",
    ]
    ready = f"{prometheus.url}/-/ready"
    with running_server(user, command, folder / "output.log", ready, {"PATH": "/usr/bin:/bin"}):
        yield prometheus
