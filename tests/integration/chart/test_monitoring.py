"""Only Prometheus reaches the metrics of each part, and traces go to the chosen receiver."""

from __future__ import annotations

import json

import pytest
import yaml  # type: ignore[import-untyped]

from ops.docs import chart_page
from ops.layout import PROJECT, SERVICES
from tests.integration.chart.conftest import CHART, Object, Render, of_kind

PARTS = ("auth", "catalog", "events", "gateway", "registry")


def test_each_part_is_monitored_with_the_labels_of_alerts_and_dashboard(render: Render) -> None:
    objects = render(example="standard")
    services = of_kind(objects, "Service").values()
    deployments = of_kind(objects, "Deployment")
    monitored = set()
    for monitor in of_kind(objects, "ServiceMonitor").values():
        (endpoint,) = monitor["spec"]["endpoints"]
        labels = {one["targetLabel"]: one["replacement"] for one in endpoint["relabelings"]}
        part = labels["part"]
        assert labels == {"job": "moorage", "part": part}
        assert endpoint["path"] == "/metrics"
        selector = monitor["spec"]["selector"]["matchLabels"]
        (port,) = (
            port
            for service in services
            if selector.items() <= service["metadata"]["labels"].items()
            for port in service["spec"]["ports"]
            if port["name"] == endpoint["port"]
        )
        (number,) = (
            one["containerPort"]
            for one in _container(deployments, part)["ports"]
            if one["name"] == port["targetPort"]
        )
        assert number == {"gateway": 8081, "registry": 5001}.get(part, 8000)
        monitored.add(part)
    assert monitored == set(PARTS)


def test_only_prometheus_reaches_the_metrics_of_gateway_and_registry(render: Render) -> None:
    labels = {"kubernetes.io/metadata.name": "monitoring"}
    prometheus = {"namespaceSelector": {"matchLabels": labels}}
    policies = of_kind(render(example="standard"), "NetworkPolicy")
    for part, name in (("gateway", "metrics"), ("registry", "debug")):
        rules = policies[f"hub-moorage-{part}"]["spec"]["ingress"]
        allowed = [rule for rule in rules if name in {port["port"] for port in rule["ports"]}]
        assert [rule["from"] for rule in allowed] == [[prometheus]]
    for policy in of_kind(render(example="small"), "NetworkPolicy").values():
        ports = [
            port["port"] for rule in policy["spec"].get("ingress", []) for port in rule["ports"]
        ]
        assert set(ports) <= {"http"}


def test_metrics_of_the_gateway_are_not_at_the_address_of_the_clients(
    objects: list[Object],
) -> None:
    services = of_kind(objects, "Service")
    (port,) = services["hub-moorage-gateway"]["spec"]["ports"]
    assert port["targetPort"] == "http"
    assert services["hub-moorage-gateway-metrics"]["spec"]["clusterIP"] == "None"


@pytest.mark.parametrize("name", chart_page.MONITORING)
def test_files_are_those_of_the_project(name: str) -> None:
    source = PROJECT / "deploy" / "monitoring" / name
    assert (CHART / "monitoring" / name).read_text() == source.read_text(), "run `moorage docs`"


def test_objects_contain_the_files(render: Render) -> None:
    objects = render(example="standard")
    source = PROJECT / "deploy" / "monitoring"
    (rules,) = of_kind(objects, "PrometheusRule").values()
    assert rules["spec"] == yaml.safe_load((source / "alerts.yaml").read_text())
    dashboard = of_kind(objects, "ConfigMap")["hub-moorage-dashboard"]["data"]["moorage.json"]
    assert json.loads(dashboard) == json.loads((source / "dashboard.json").read_text())


def test_services_export_traces_only_to_a_receiver_that_is_set(render: Render) -> None:
    options = (
        *("--set", "tracing.endpoint=http://collector:4318"),
        *("--set", "tracing.sampler=traceidratio", "--set-string", "tracing.samplerArg=0.1"),
    )
    chosen = of_kind(render(*options, example="small"), "Deployment")
    default = of_kind(render(example="small"), "Deployment")
    for service in SERVICES:
        assert _tracing(_container(chosen, service)) == {
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318",
            "OTEL_TRACES_SAMPLER": "traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": "0.1",
        }
        assert _tracing(_container(default, service)) == {}


def _container(deployments: dict[str, Object], part: str) -> Object:
    (container,) = deployments[f"hub-moorage-{part}"]["spec"]["template"]["spec"]["containers"]
    found: Object = container
    return found


def _tracing(container: Object) -> dict[str, str]:
    return {
        one["name"]: one["value"] for one in container["env"] if one["name"].startswith("OTEL_")
    }
