"""Draws deploy/monitoring/dashboard.json from the answers of a Prometheus, as Grafana would.

There is no Grafana here. The picture in the documentation comes from this page.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.kit.install import PROJECT
from tests.kit.monitoring.prometheus import Prometheus

DASHBOARD = PROJECT / "deploy" / "monitoring" / "dashboard.json"
_COLORS = ("#7eb26d", "#eab839", "#6ed0e0", "#ef843c", "#e24d42", "#1f78c1", "#ba43a9", "#705da0")
_WIDTH, _HEIGHT = 390.0, 130.0
_SCALES = {
    "bytes": ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")),
    "s": ((3600, "h"), (60, "min"), (1, "s"), (0.001, "ms")),
}
_STYLE = """
body { margin: 0; padding: 12px; background: #111217; color: #d8d9da; width: 1240px;
  font: 11px/1.4 system-ui, sans-serif; }
h1 { font-size: 17px; margin: 0 0 8px; } h2 { font-size: 13px; margin: 12px 0 6px; }
main { display: grid; grid-template-columns: repeat(3, 1fr); gap: 8px; }
h1, h2 { grid-column: 1 / -1; }
section { background: #181b1f; border: 1px solid #2c3235; border-radius: 3px; padding: 6px 8px; }
h3 { font-size: 12px; font-weight: 500; margin: 0 0 4px; }
svg { display: block; width: 100%; } span { margin-right: 9px; white-space: nowrap; }
i { display: inline-block; width: 9px; height: 3px; margin-right: 4px; vertical-align: middle; }
text { fill: #9fa7b3; font-size: 9px; }
"""


@dataclass(frozen=True, slots=True)
class Target:
    """A query of a panel, and the template of its legend."""

    expression: str
    legend: str


def read_panels() -> list[dict[str, Any]]:
    """Return the rows and panels of the dashboard."""
    panels: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
    return panels


def targets_of(panel: dict[str, Any]) -> Iterator[Target]:
    """Yield the queries of a panel. The variables get the values that Grafana would give them."""
    for target in panel.get("targets", ()):
        expression = target["expr"].replace("$__rate_interval", "1m").replace("$job", "moorage")
        yield Target(expression, target["legendFormat"])


def draw(prometheus: Prometheus, *, seconds: float) -> str:
    """Return the dashboard of the last ``seconds`` as a page."""
    parts = []
    for panel in read_panels():
        title = html.escape(panel["title"])
        if panel["type"] == "row":
            parts.append(f"<h2>{title}</h2>")
            continue
        lines = [
            (_legend(target.legend, series["metric"]), _points(series))
            for target in targets_of(panel)
            for series in prometheus.query_range(target.expression, seconds=seconds)
        ]
        unit = panel["fieldConfig"]["defaults"].get("unit", "short")
        parts.append(f"<section><h3>{title}</h3>{_chart(lines, unit)}</section>")
    name = html.escape(json.loads(DASHBOARD.read_text())["title"])
    return (
        f"<!doctype html><meta charset=utf-8><style>{_STYLE}</style>"
        f"<main><h1>{name}</h1>{''.join(parts)}</main>"
    )


def _legend(template: str, labels: dict[str, str]) -> str:
    return re.sub(r"{{(\w+)}}", lambda found: labels.get(found[1], ""), template)


def _points(series: dict[str, Any]) -> list[tuple[float, float]]:
    points = [(float(at), float(value)) for at, value in series["values"]]
    return [(at, value) for at, value in points if value == value]  # without NaN


def _chart(lines: list[tuple[str, list[tuple[float, float]]]], unit: str) -> str:
    points = [point for _, line in lines for point in line]
    if not points:
        return "<p>No data</p>"
    first, last = min(at for at, _ in points), max(at for at, _ in points)
    top = max(max(value for _, value in points) * 1.1, 1e-9)
    drawn = [
        f'<line x1="44" x2="{_WIDTH}" y1="{_y(top * part / 4, top)}" '
        f'y2="{_y(top * part / 4, top)}" stroke="#2c3235"/>'
        f'<text x="40" y="{_y(top * part / 4, top) + 3}" text-anchor="end">'
        f"{_format(top * part / 4, unit)}</text>"
        for part in range(5)
    ]
    legend = []
    for number, (name, line) in enumerate(lines[:12]):
        color = _COLORS[number % len(_COLORS)]
        path = " ".join(
            f"{44 + (at - first) / max(last - first, 1) * (_WIDTH - 48):.1f},{_y(value, top):.1f}"
            for at, value in line
        )
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.4"/>')
        legend.append(f'<span><i style="background:{color}"></i>{html.escape(name)}</span>')
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}">{"".join(drawn)}</svg>{"".join(legend)}'


def _y(value: float, top: float) -> float:
    return _HEIGHT - 6 - value / top * (_HEIGHT - 14)


def _format(value: float, unit: str) -> str:
    if unit == "percentunit":
        return f"{value * 100:.3g} %"
    for size, name in _SCALES.get(unit, ()):
        if value >= size:
            return f"{value / size:.3g} {name}"
    return f"{value:.3g}"
