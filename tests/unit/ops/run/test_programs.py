"""The environments and programs of a run."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from libs.common.storage.settings import load_storage_settings
from ops.host.ports import reserve
from ops.host.privileges import RunUser
from ops.install.debian import Tool
from ops.layout import Layout
from ops.run.programs import PARTS, Installation, service_environment, service_program
from ops.settings import load_run_settings


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    """An installation whose programs do not run, in an environment without services' settings."""
    for name in list(os.environ):
        if name.startswith(("AUTH_", "CATALOG_", "EVENTS_", "GC_", "LOG_")):
            monkeypatch.delenv(name)
    settings = load_run_settings({})
    user = RunUser(os.geteuid(), os.getegid())
    with ExitStack() as stack:
        ports = {part: stack.enter_context(reserve()) for part in PARTS}
        yield Installation(
            settings,
            load_storage_settings(),
            Layout(tmp_path),
            user,
            nginx=Tool(Path("nginx")),
            registry=Tool(Path("registry")),
            ports=ports,
            ipv6=False,
        )


def test_a_service_receives_its_settings_and_not_those_of_another(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVENTS_RETENTION_DAYS", "3")
    monkeypatch.setenv("LOG_LEVEL", "debug")
    events = service_environment(installation, "events")
    assert events["EVENTS_RETENTION_DAYS"] == "3"
    assert events["LOG_LEVEL"] == "debug"
    assert events["SECRETS_DIR"] == str(installation.layout.secrets_of("events"))
    assert events["EVENTS_REGISTRY_URL"] == f"http://{installation.ports['registry'].address}"
    assert "EVENTS_RETENTION_DAYS" not in service_environment(installation, "auth")


def test_a_variable_does_not_override_the_file_of_a_secret(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH_DATABASE_URL", "postgresql://a:b@c/d")
    file = installation.layout.database_url_of("auth")
    file.parent.mkdir(parents=True)
    file.write_text("postgresql://own")
    assert "AUTH_DATABASE_URL" not in service_environment(installation, "auth")


def test_the_services_agree_on_the_name_and_the_issuer_in_tokens(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH_SERVICE", "hub")
    monkeypatch.setenv("AUTH_ISSUER", "issuer")
    auth = service_environment(installation, "auth")
    assert (auth["AUTH_SERVICE"], auth["AUTH_ISSUER"]) == ("hub", "issuer")
    for service, prefix in (("catalog", "CATALOG"), ("events", "EVENTS")):
        environment = service_environment(installation, service)
        assert environment[f"{prefix}_REGISTRY_SERVICE"] == "hub"
        assert environment[f"{prefix}_ISSUER"] == "issuer"


def test_the_catalog_receives_the_lifetimes_of_tokens(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH_PUSH_TOKEN_SECONDS", "60")
    assert service_environment(installation, "catalog")["AUTH_PUSH_TOKEN_SECONDS"] == "60"


GARBAGE_SETTINGS = {
    "GC_UNTAGGED_DAYS": "3",
    "GC_KEEP_PULLED": "false",
    "GC_GRACE_MINUTES": "60",
    "GC_SCHEDULE_HOURS": "24",
    "GC_BLOBS_PER_SECOND": "500",
}


def test_only_the_catalog_receives_the_settings_of_garbage_collection(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in GARBAGE_SETTINGS.items():
        monkeypatch.setenv(name, value)
    assert GARBAGE_SETTINGS.items() <= service_environment(installation, "catalog").items()
    for service in ("auth", "events"):
        assert not GARBAGE_SETTINGS.keys() & service_environment(installation, service).keys()


def test_commands_find_the_settings_of_garbage_collection_of_the_running_catalog(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GC_GRACE_MINUTES", "60")
    monkeypatch.setenv("AUTH_PUSH_TOKEN_SECONDS", "7200")
    installation.layout.run.mkdir()
    service_program(installation, "catalog")
    written = json.loads(installation.layout.catalog_environment.read_text())
    assert (written["GC_GRACE_MINUTES"], written["AUTH_PUSH_TOKEN_SECONDS"]) == ("60", "7200")
