"""`moorage init`: the files in the volumes of the containers."""

from pathlib import Path
from urllib.parse import urlsplit

import yaml  # type: ignore[import-untyped]

from ops.host.privileges import run_user
from ops.install.container import init_containers
from ops.layout import PROJECT, SERVICES, Layout
from ops.secrets.store import Owners
from ops.settings import load_run_settings


def init(tmp_path: Path, **settings: str) -> Layout:
    layout = Layout(tmp_path / "data")
    loaded = load_run_settings({"MOORAGE_DATA": str(layout.root), **settings})
    init_containers(layout, loaded, Owners.all(run_user([tmp_path])))
    return layout


def test_the_configuration_names_the_services_by_their_host_names(tmp_path: Path) -> None:
    layout = init(tmp_path, MOORAGE_HOSTS="hub.example.com", MOORAGE_TRUSTED_PROXIES="10.0.0.0/8")
    registry = yaml.safe_load((layout.secrets_of("registry") / "config.yml").read_text())
    (endpoint,) = registry["notifications"]["endpoints"]
    assert endpoint["url"] == "http://events:8000/registry-events"
    secret = (layout.secrets_of("events") / "events_webhook_secret").read_text()
    assert endpoint["headers"]["Authorization"] == [f"Bearer {secret}"]
    assert registry["http"]["addr"] == ":5000"
    gateway = (layout.gateway / "nginx.conf").read_text()
    assert "set_real_ip_from 10.0.0.0/8;" in gateway
    for address in (
        "auth:8000",
        "catalog:8000",
        "events:8000",
        "registry:5000",
        "resolver 127.0.0.11",
    ):
        assert address in gateway


def test_the_script_of_registry_and_gateway_is_beside_their_configuration(tmp_path: Path) -> None:
    layout = init(tmp_path)
    script = (PROJECT / "deploy" / "containers" / "run.sh").read_text()
    assert (layout.secrets_of("registry") / "run.sh").read_text() == script
    assert (layout.gateway / "run.sh").read_text() == script


def test_the_owner_of_the_database_is_the_superuser_of_its_container(tmp_path: Path) -> None:
    layout = init(tmp_path)
    owner = urlsplit(layout.owner_url.read_text())
    assert (owner.username, owner.hostname, owner.port, owner.path) == (
        "postgres",
        "postgres",
        5432,
        "/moorage",
    )
    assert owner.password == layout.superuser_password.read_text()
    for service in SERVICES:
        assert (
            urlsplit(layout.database_url_of(service).read_text()).username == f"moorage_{service}"
        )


def test_an_external_database_keeps_its_url(tmp_path: Path) -> None:
    external = "postgresql://them:secret@db.example.com/theirs?sslmode=require"
    layout = init(tmp_path, DATABASE_URL=external)
    assert layout.owner_url.read_text() == external
    auth = urlsplit(layout.database_url_of("auth").read_text())
    assert (auth.username, auth.hostname, auth.query) == (
        "theirs_auth",
        "db.example.com",
        "sslmode=require",
    )
