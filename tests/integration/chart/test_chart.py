"""The chart: what Helm renders is valid, safe, and fits the code that reads it."""

from __future__ import annotations

import importlib
import json
import re
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from libs.common.storage.settings import StorageSettings
from ops.docs import chart_page
from ops.docs.settings_page import variable_of
from ops.kubernetes.installation import new_data
from ops.layout import SERVICES
from ops.settings import variables
from tests.integration.chart.conftest import CHART, EXAMPLES, Helm, Object, Render, of_kind
from tests.integration.chart.schemas import SchemaNotFoundError, validate

VERSIONS = ("1.32", "1.34", "1.36")
CUSTOM = ("Certificate", "HTTPRoute", "PrometheusRule", "ServiceMonitor")
"""Kinds of operators, which have no schema in Kubernetes."""
PARTS = (*SERVICES, "registry", "gateway")
OWNER = "postgresql://owner:secret@db/moorage"
EVERYTHING = (
    *("--set", "database.existingSecret=db", "--set", "hosts={hub.example.com}"),
    *("--set", "gatewayApi.enabled=true", "--set", "tls.at=gateway"),
    *("--set", "tls.certManager.issuer=ours", "--set", "monitoring.rules.enabled=true"),
    *("--set", "monitoring.serviceMonitor.enabled=true"),
    *("--set", "monitoring.dashboard.enabled=true"),
)


def containers(pod: Object) -> list[Object]:
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def test_lint_is_clean(helm: Helm) -> None:
    for example in EXAMPLES:
        values = CHART / "examples" / f"{example}.yaml"
        done = helm("lint", "--strict", "--kube-version", "1.34.0", CHART, "--values", values)
        assert done.ok, done.output
        assert "WARNING" not in done.output


@pytest.mark.parametrize("version", VERSIONS)
def test_examples_are_valid_in_kubernetes(objects: list[Object], version: str) -> None:
    for found in objects:
        if found["kind"] not in CUSTOM:
            validate(found, version)


def test_only_objects_of_operators_have_no_schema(render: Render) -> None:
    unknown = set()
    for found in render(*EVERYTHING):
        try:
            validate(found, VERSIONS[0])
        except SchemaNotFoundError:
            unknown.add(found["kind"])
    assert unknown == set(CUSTOM)


def test_no_secret_is_rendered(objects: list[Object]) -> None:
    assert of_kind(objects, "Secret") == {}
    maps = of_kind(objects, "ConfigMap")
    maps.pop("hub-moorage-dashboard", None)  # test_monitoring.py compares it with its source
    for name, found in maps.items():
        text = json.dumps(found)
        assert not re.search(r"(?i)password|secret|BEGIN|postgresql://", text), name


def test_no_container_gets_a_secret_as_plain_text(workloads: dict[str, Object]) -> None:
    for name, pod in workloads.items():
        for container in containers(pod):
            for variable in container.get("env", []):
                if re.search(r"PASSWORD|DATABASE_URL|SECRET_ACCESS_KEY$", variable["name"]):
                    assert "value" not in variable, (name, variable["name"])


def test_each_container_has_resources_and_each_server_has_probes(
    workloads: dict[str, Object],
) -> None:
    for name, pod in workloads.items():
        for container in containers(pod):
            resources = container["resources"]
            assert resources["requests"].keys() == {"cpu", "memory"}, name
            assert "memory" in resources["limits"], name
        if name.removeprefix("hub-moorage-") in (*PARTS, "toolbox"):
            (server,) = pod["spec"]["containers"]
            assert {"startupProbe", "livenessProbe", "readinessProbe"} <= server.keys(), name


def test_each_server_leaves_the_endpoints_before_it_stops(workloads: dict[str, Object]) -> None:
    for part in PARTS:
        pod = workloads[f"hub-moorage-{part}"]["spec"]
        command = pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]
        assert command[0] == "sleep"
        assert int(command[1]) >= 10
        drain = 60 if part == "registry" else 5
        assert pod["terminationGracePeriodSeconds"] >= int(command[1]) + drain + 10


def test_pods_pass_the_restricted_pod_security_standard(workloads: dict[str, Object]) -> None:
    allowed = {"configMap", "downwardAPI", "emptyDir", "persistentVolumeClaim", "projected"}
    for name, pod in workloads.items():
        spec = pod["spec"]
        assert not spec.keys() & {"hostNetwork", "hostPID", "hostIPC"}, name
        for volume in spec["volumes"]:
            assert volume.keys() - {"name"} <= {*allowed, "secret"}, name
        context = spec["securityContext"]
        assert context["runAsNonRoot"] is True, name
        assert context["runAsUser"] > 0, name
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert not context.keys() & {"sysctls", "seLinuxOptions", "windowsOptions"}, name
        for container in containers(pod):
            own = container["securityContext"]
            assert own["allowPrivilegeEscalation"] is False, name
            assert own["readOnlyRootFilesystem"] is True, name
            assert own["capabilities"] == {"drop": ["ALL"]}, name
            assert own.keys() == {
                "allowPrivilegeEscalation",
                "readOnlyRootFilesystem",
                "capabilities",
            }, name
            assert all("hostPort" not in port for port in container.get("ports", [])), name


def test_only_the_job_has_a_token_of_kubernetes(workloads: dict[str, Object]) -> None:
    with_token = {
        name
        for name, pod in workloads.items()
        if pod["spec"].get("automountServiceAccountToken") is not False
    }
    assert with_token == {"hub-moorage-prepare"}


def test_services_select_their_pods_and_name_their_ports(
    objects: list[Object], workloads: dict[str, Object]
) -> None:
    services = of_kind(objects, "Service")
    assert services.keys() == {f"hub-moorage-{part}" for part in (*PARTS, "gateway-metrics")}
    for name, service in services.items():
        owner = name.removesuffix("-metrics")
        selector, pod = service["spec"]["selector"], workloads[owner]
        selected = [
            other
            for other, found in workloads.items()
            if selector.items() <= found["metadata"]["labels"].items()
        ]
        assert selected == [owner]
        ports = {port["name"] for port in pod["spec"]["containers"][0]["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
        if not name.endswith("-gateway"):
            assert service["spec"]["clusterIP"] == "None"


def test_deployments_select_their_pods(objects: list[Object]) -> None:
    for found in of_kind(objects, "Deployment").values():
        selector = found["spec"]["selector"]["matchLabels"]
        assert selector.items() <= found["spec"]["template"]["metadata"]["labels"].items()


def test_budgets_exist_only_for_parts_with_several_pods(render: Render) -> None:
    assert of_kind(render(example="small"), "PodDisruptionBudget") == {}
    budgets = of_kind(render(example="standard"), "PodDisruptionBudget")
    assert budgets.keys() == {f"hub-moorage-{part}" for part in PARTS}
    assert {budget["spec"]["maxUnavailable"] for budget in budgets.values()} == {1}


def test_autoscaled_deployment_has_no_replicas(render: Render) -> None:
    objects = render(example="public")
    scaled = of_kind(objects, "HorizontalPodAutoscaler")
    assert scaled.keys() == {f"hub-moorage-{part}" for part in ("gateway", "auth", "registry")}
    for name, found in of_kind(objects, "Deployment").items():
        assert ("replicas" not in found["spec"]) == (name in scaled), name


def test_hooks_run_before_installation_and_upgrade_but_not_before_rollback(
    objects: list[Object],
) -> None:
    hooks = {
        (found["kind"], found["metadata"]["annotations"]["helm.sh/hook"])
        for found in objects
        if "helm.sh/hook" in found["metadata"].get("annotations", {})
    }
    before = "pre-install,pre-upgrade"
    assert hooks == {
        *((kind, before) for kind in ("ServiceAccount", "Role", "RoleBinding", "Job")),
        ("Pod", "test"),
    }


def test_given_secret_needs_no_access_to_kubernetes(render: Render) -> None:
    objects = render("--set", "existingSecret=ours", example="small")
    assert of_kind(objects, "Role") == {}
    job = of_kind(objects, "Job")["hub-moorage-prepare"]["spec"]["template"]["spec"]
    assert job["automountServiceAccountToken"] is False
    assert "--given=/var/lib/moorage/given" in job["containers"][0]["args"]


def test_pods_mount_only_keys_that_the_secret_has(workloads: dict[str, Object]) -> None:
    keys = new_data(OWNER).keys()
    for name, pod in workloads.items():
        for volume in pod["spec"]["volumes"]:
            for source in volume.get("projected", {}).get("sources", []):
                secret = source["secret"]
                if secret["name"] == "hub-moorage-secrets" and not secret.get("optional"):
                    assert {item["key"] for item in secret["items"]} <= keys, name


@pytest.mark.parametrize("service", SERVICES)
def test_service_starts_with_the_secrets_and_settings_of_its_pod(
    workloads: dict[str, Object], service: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The settings class of the service accepts exactly what the chart gives it."""
    pod = workloads[f"hub-moorage-{service}"]["spec"]
    data = new_data(OWNER)
    secrets = tmp_path / "secrets"
    for volume in pod["volumes"]:
        for source in volume.get("projected", {}).get("sources", []):
            for item in source["secret"]["items"]:
                if item["key"] in data:
                    file = secrets / item["path"]
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_bytes(data[item["key"]])
    model = importlib.import_module(f"services.{service}.settings")
    known = {
        variable_of(name, field, f"{service.upper()}_")
        for name, field in model.Settings.model_fields.items()
    }
    keys = tmp_path / "s3"
    keys.mkdir()
    for name in ("access-key-id", "secret-access-key"):
        (keys / name).write_text("example")
    (tmp_path / "images").mkdir()
    read = set()
    for variable in pod["containers"][0]["env"]:
        name, value = variable["name"], variable["value"]
        value = value.replace(f"/var/lib/moorage/secrets/{service}", str(secrets))
        value = value.replace("/etc/moorage/s3", str(keys))
        value = value.replace("/var/lib/registry", str(tmp_path / "images"))
        monkeypatch.setenv(name, value)
        read.add(name)
    everywhere = set(chart_page.settings())
    assert read - everywhere <= known
    model.load_settings()


def test_rendering_gets_only_settings_that_exist(workloads: dict[str, Object]) -> None:
    known = {*variables().values(), "SECRETS_DIR"}
    known |= {variable_of(name, field, "") for name, field in StorageSettings.model_fields.items()}
    for part in ("gateway", "registry"):
        (init,) = workloads[f"hub-moorage-{part}"]["spec"]["initContainers"]
        names = {variable["name"] for variable in init["env"]}
        assert names <= known
        assert "--registry=hub-moorage-registry.images.svc.cluster.local:5000" in init["args"]


def test_wrong_value_is_refused_with_its_name(helm: Helm) -> None:
    for wrong, named in (
        ("settings.AUTH_ANONYMOUS_PUL=true", "AUTH_ANONYMOUS_PUL"),
        ("settings.S3_SECRET_ACCESS_KEY=x", "S3_SECRET_ACCESS_KEY"),
        ("preStopSeconds=5", "preStopSeconds"),
        ("storage.type=s3", "bucket"),
        ("gatway.replicas=2", "gatway"),
    ):
        done = helm(
            *("template", "hub", CHART, "--kube-version", "1.34.0"),
            *("--set", "database.existingSecret=db", "--set", wrong),
        )
        assert not done.ok, wrong
        assert named in done.output


def test_database_is_required(helm: Helm) -> None:
    done = helm("template", "hub", CHART, "--kube-version", "1.34.0")
    assert not done.ok
    assert "database.existingSecret" in done.output


def test_readme_and_schema_are_generated() -> None:
    assert chart_page.PAGE.read_text() == chart_page.page(), "run `moorage docs`"
    assert chart_page.SCHEMA.read_text() == chart_page.schema(), "run `moorage docs`"


def test_each_value_is_in_the_schema(helm: Helm) -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    schema = json.loads(chart_page.SCHEMA.read_text())
    assert values.keys() == schema["properties"].keys() - {"global"}


def test_number_among_the_settings_is_written_in_full(render: Render) -> None:
    objects = render(
        *("--set", "settings.CATALOG_DEFAULT_QUOTA_BYTES=10737418240"), example="small"
    )
    pod = of_kind(objects, "Deployment")["hub-moorage-catalog"]["spec"]["template"]["spec"]
    env = {variable["name"]: variable.get("value") for variable in pod["containers"][0]["env"]}
    assert env["CATALOG_DEFAULT_QUOTA_BYTES"] == "10737418240"
