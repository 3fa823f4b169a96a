"""The Secret of an installation in Kubernetes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.kubernetes.api import Secrets
from ops.kubernetes.installation import complete, ensure_secret, new_data, use_given
from ops.layout import SERVICES, Layout

OWNER = "postgresql://owner:secret@db:5432/moorage?sslmode=require"


class Namespace(Secrets):
    """The Secrets of a namespace, in memory."""

    def __init__(self) -> None:
        self.secrets: dict[str, dict[str, bytes]] = {}

    def find(self, name: str) -> dict[str, bytes] | None:
        return self.secrets.get(name)

    def create(self, name: str, data: Mapping[str, bytes], labels: Mapping[str, str]) -> bool:
        return self.secrets.setdefault(name, dict(data)) == data

    def change(self, name: str, data: Mapping[str, bytes]) -> None:
        self.secrets[name] |= data


def test_new_secret_has_keys_and_urls_for_every_part() -> None:
    data = new_data(OWNER)
    assert data["auth_database_url"].startswith(b"postgresql://moorage_auth:")
    assert data["auth_database_url"].endswith(b"@db:5432/moorage?sslmode=require")
    assert {
        "ca.pem",
        "ca.key",
        "registry_http_secret",
        "events_webhook_secret",
        "session-key-1.pem",
        "session-public-key-1.pem",
        "admin_password",
        *(f"{service}-token-key-1.pem" for service in SERVICES),
        *(f"{service}_database_url" for service in SERVICES),
    } == data.keys()


def test_existing_secret_keeps_each_key(tmp_path: Path) -> None:
    api = Namespace()
    ensure_secret(api, "moorage", OWNER, Layout(tmp_path / "first"))
    before = dict(api.secrets["moorage"])
    ensure_secret(api, "moorage", OWNER, Layout(tmp_path / "second"))
    assert api.secrets["moorage"] == before


def test_secret_of_an_earlier_version_gets_only_what_it_lacks(tmp_path: Path) -> None:
    api = Namespace()
    data = new_data(OWNER)
    api.secrets["moorage"] = {key: data[key] for key in data if not key.startswith("events")}
    ensure_secret(api, "moorage", OWNER, Layout(tmp_path / "data"))
    found = api.secrets["moorage"]
    assert found.keys() == data.keys()
    assert {key: found[key] for key in data if not key.startswith("events")} == {
        key: data[key] for key in data if not key.startswith("events")
    }


def test_services_follow_the_database_to_another_host(tmp_path: Path) -> None:
    api = Namespace()
    ensure_secret(api, "moorage", OWNER, Layout(tmp_path / "first"))
    before = dict(api.secrets["moorage"])
    ensure_secret(api, "moorage", OWNER.replace("@db:", "@other:"), Layout(tmp_path / "second"))
    after = api.secrets["moorage"]
    changed = {key for key in after if after[key] != before[key]}
    assert changed == {f"{service}_database_url" for service in SERVICES}
    assert after["auth_database_url"] == before["auth_database_url"].replace(b"@db:", b"@other:")


def test_two_keys_of_a_kind_stay_in_order(tmp_path: Path) -> None:
    data = new_data(OWNER)
    data["auth-token-key-2.pem"] = new_data(OWNER)["auth-token-key-1.pem"]
    layout = Layout(tmp_path / "data")
    assert complete(data, OWNER, layout) == data
    names = sorted(path.name for path in (layout.secrets / "auth/token-keys").iterdir())
    assert names == ["1.pem", "2.pem"]


def mounted(folder: Path, data: Mapping[str, bytes]) -> Path:
    """Write ``data`` as Kubernetes mounts a Secret."""
    (folder / "..data").mkdir(parents=True)
    for key, value in data.items():
        (folder / "..data" / key).write_bytes(value)
        (folder / key).symlink_to(folder / "..data" / key)
    return folder


def test_given_secret_is_used_as_it_is(tmp_path: Path) -> None:
    data = new_data(OWNER)
    layout = Layout(tmp_path / "data")
    use_given(mounted(tmp_path / "mount", data), "ours", OWNER, layout)
    url = layout.database_url_of("auth").read_bytes()
    assert url == data["auth_database_url"]


def test_incomplete_given_secret_is_refused_with_the_missing_keys(tmp_path: Path) -> None:
    data = new_data(OWNER)
    del data["registry_http_secret"], data["session-key-1.pem"]
    with pytest.raises(OpsError, match=r"the Secret ours has no registry_http_secret, session-key"):
        use_given(mounted(tmp_path / "mount", data), "ours", OWNER, Layout(tmp_path / "data"))


def test_given_secret_for_another_database_is_refused(tmp_path: Path) -> None:
    data = new_data(OWNER.replace("@db:", "@other:"))
    with pytest.raises(OpsError, match="auth_database_url, catalog_database_url, events_database"):
        use_given(mounted(tmp_path / "mount", data), "ours", OWNER, Layout(tmp_path / "data"))
