"""`moorage render`: the configuration of a pod."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]
from typer.testing import CliRunner

from ops.cli import app
from ops.host import name_servers

SECRETS = {"http_secret": "one", "webhook_secret": "two", "token_ca.pem": "three"}
ADDRESSES = (
    *("--auth", "moorage-auth.images.svc:8000"),
    *("--catalog", "moorage-catalog.images.svc:8000"),
    *("--events", "moorage-events.images.svc:8000"),
    *("--registry", "moorage-registry.images.svc:5000"),
)


@pytest.fixture(autouse=True)
def resolv_conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "resolv.conf"
    file.write_text("search images.svc\nnameserver 10.96.0.10\nnameserver fd00::a%eth0\n")
    monkeypatch.setattr(name_servers, "RESOLV_CONF", file)


def test_gateway_finds_each_part_through_the_dns_servers_of_the_pod(tmp_path: Path) -> None:
    folder = tmp_path / "gateway"
    done = CliRunner().invoke(
        app,
        ["render", "gateway", str(folder), *ADDRESSES],
        env={"MOORAGE_HOSTS": "hub.example.com", "MOORAGE_DATA": str(tmp_path)},
    )
    assert done.exit_code == 0, done.output
    rendered = (folder / "nginx.conf").read_text()
    assert "resolver 10.96.0.10 [fd00::a] " in rendered
    assert '"hub.example.com" 1;' in rendered
    for address in ADDRESSES[1::2]:
        assert address in rendered
    assert (folder / "docs" / "index.html").is_file()
    assert (folder / "console" / "notice.html").is_file()


def test_registry_gets_its_secrets_from_files(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name, content in SECRETS.items():
        (secrets / name).write_text(content)
    done = CliRunner().invoke(
        app,
        ["render", "registry", str(tmp_path / "registry"), *ADDRESSES],
        env={"SECRETS_DIR": str(secrets), "MOORAGE_DATA": str(tmp_path)},
    )
    assert done.exit_code == 0, done.output
    file = tmp_path / "registry" / "config.yml"
    assert file.stat().st_mode & 0o777 == 0o600
    rendered = yaml.safe_load(file.read_text())
    assert rendered["http"]["secret"] == "one"
    assert rendered["auth"]["token"]["rootcertbundle"] == str(secrets / "token_ca.pem")
    (endpoint,) = rendered["notifications"]["endpoints"]
    assert endpoint["url"] == "http://moorage-events.images.svc:8000/registry-events"
    assert endpoint["headers"]["Authorization"] == ["Bearer two"]


def test_missing_secret_of_the_registry_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    done = CliRunner().invoke(
        app,
        ["render", "registry", str(tmp_path / "registry")],
        env={"SECRETS_DIR": str(tmp_path / "secrets"), "MOORAGE_DATA": str(tmp_path)},
    )
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "http_secret is missing: SECRETS_DIR" in done.output
