"""What deploy/compose.yaml and `moorage run` must do alike for garbage collection."""

from typing import Any

import yaml  # type: ignore[import-untyped]

from ops.host.render import REGISTRY, render
from ops.layout import PROJECT, SERVICES
from ops.run.health import START_SECONDS
from services.catalog.settings import Settings

COMPOSE = yaml.safe_load((PROJECT / "deploy" / "compose.yaml").read_text())


def test_the_catalogs_container_receives_the_settings_of_garbage_collection() -> None:
    names = {
        str(field.validation_alias)
        for field in Settings.model_fields.values()
        if str(field.validation_alias).startswith("GC_")
    }
    assert len(names) > 3
    environment = COMPOSE["services"]["catalog"]["environment"]
    assert {name: environment.get(name, "absent") for name in names} == dict.fromkeys(names)


def test_the_catalogs_container_can_write_to_the_storage() -> None:
    catalog = COMPOSE["services"]["catalog"]
    (images,) = (volume for volume in catalog["volumes"] if volume["source"] == "images")
    assert images["target"] == catalog["environment"]["CATALOG_STORAGE_PATH"]
    assert not images.get("read_only", False)


def test_no_container_is_left_that_collects_garbage_by_itself() -> None:
    assert "gc" not in COMPOSE["services"]
    assert "garbage-collector" not in (PROJECT / "deploy" / "Dockerfile").read_text()


def test_the_registry_purges_no_uploads_because_garbage_collection_does() -> None:
    values = dict.fromkeys(
        (
            "listen_address",
            "storage_root",
            "http_secret",
            "token_realm",
            "token_service",
            "token_issuer",
            "token_ca_path",
            "webhook_url",
            "webhook_secret",
        ),
        "value",
    )
    rendered = yaml.safe_load(render(REGISTRY, debug_address=None, s3=None, **values))
    assert rendered["storage"]["maintenance"] == {"uploadpurging": {"enabled": False}}


class _StrictLoader(yaml.SafeLoader):  # type: ignore[misc]
    """Reads YAML as Compose does: it refuses a mapping that has a key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"a key is twice in {keys}"
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def test_compose_file_has_no_key_twice() -> None:
    yaml.load((PROJECT / "deploy" / "compose.yaml").read_text(), _StrictLoader)


def test_service_may_start_as_long_as_its_watchdog_lets_it() -> None:
    """Otherwise `docker compose up --wait` fails while the service still starts."""
    for service in SERVICES:
        check = COMPOSE["services"][service]["healthcheck"]
        assert int(check["start_period"].removesuffix("s")) >= START_SECONDS, service


def test_each_service_receives_the_settings_of_tracing() -> None:
    for service in SERVICES:
        environment = COMPOSE["services"][service]["environment"]
        for name in ("EXPORTER_OTLP_ENDPOINT", "TRACES_SAMPLER", "TRACES_SAMPLER_ARG"):
            assert environment.get(f"OTEL_{name}", "absent") is None, (service, name)
