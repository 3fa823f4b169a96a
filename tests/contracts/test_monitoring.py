"""The alerts, the dashboard, and the configurations of Prometheus agree with code and documents."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from tests.kit.install import PROJECT, toolbox
from tests.kit.monitoring.dashboard import read_panels, targets_of
from tests.kit.monitoring.prometheus import RULES

RULE_TESTS = ("alert_rules.yaml", "alert_rules_of_days.yaml")
RUNBOOK = PROJECT / "docs" / "operations" / "monitoring.md"
_METRIC = re.compile(r"\b(?:moorage|http|registry|nginx|process)_[a-z_0-9]+")
_FROM_ELSEWHERE = ("registry_notifications_", "process_")
"""Metrics that Distribution and the library export."""


def _promtool(*arguments: str | Path) -> None:
    promtool = toolbox().find("promtool")
    if promtool is None:
        pytest.skip("promtool is missing")
    done = subprocess.run([promtool, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def _exported() -> str:
    """Return the code that declares the metrics."""
    files = [*(PROJECT / "services").rglob("*.py"), *(PROJECT / "libs").rglob("*.py")]
    gateway = (PROJECT / "deploy" / "gateway" / "metrics.conf.j2").read_text()
    states = re.findall(r'\("([a-z]+)", "', gateway)
    return "\n".join(
        [*(path.read_text() for path in files), *(f'"nginx_connections_{one}"' for one in states)]
    )


def test_rules_are_valid() -> None:
    _promtool("check", "rules", RULES)


@pytest.mark.parametrize("name", RULE_TESTS)
def test_rules_fire_and_keep_silent_at_the_right_times(name: str) -> None:
    _promtool("test", "rules", Path(__file__).with_name(name))


@pytest.mark.parametrize("name", ["prometheus-run.yml", "prometheus-compose.yml"])
def test_configuration_of_prometheus_is_valid(name: str) -> None:
    _promtool("check", "config", "--syntax-only", RULES.with_name(name))


@pytest.mark.parametrize("rule", _rules(), ids=lambda rule: rule["alert"])
def test_alert_says_what_is_wrong_and_where_the_runbook_is(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["description"].endswith(".")
    page, anchor = rule["annotations"]["runbook_url"].split("#")
    assert PROJECT / page == RUNBOOK
    assert anchor == rule["alert"].lower()
    assert f"\n### {rule['alert']}\n" in RUNBOOK.read_text()


def test_runbook_has_no_entry_without_an_alert() -> None:
    entries = re.findall(r"^### (Moorage\w+)$", RUNBOOK.read_text(), re.MULTILINE)
    assert sorted(entries) == sorted(rule["alert"] for rule in _rules())


def test_alerts_and_dashboard_use_only_metrics_that_exist() -> None:
    expressions = [rule["expr"] for rule in _rules()]
    expressions += [target.expression for panel in read_panels() for target in targets_of(panel)]
    used = {name for expression in expressions for name in _METRIC.findall(expression)}
    exported = _exported()
    missing = {
        name
        for name in used
        if not name.startswith(_FROM_ELSEWHERE)
        and f'"{re.sub(r"_(?:bucket|count|sum)$", "", name)}"' not in exported
        and f'"{name.removesuffix("_total")}"' not in exported
    }
    assert missing == set()


def test_dashboard_can_be_imported() -> None:
    dashboard = json.loads(RULES.with_name("dashboard.json").read_text())
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    for panel in dashboard["panels"]:
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == "${datasource}"
            assert panel["targets"], panel["title"]
