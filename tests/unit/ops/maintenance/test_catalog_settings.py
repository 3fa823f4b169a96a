"""The catalog's settings, for commands beside the catalog."""

import json
import os
from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.host.privileges import run_user
from ops.layout import Layout
from ops.maintenance.catalog_settings import catalog_settings
from ops.secrets.store import Owners, ensure_database_urls, ensure_secrets

OWNER = "postgresql://moorage:password@127.0.0.1:20001/moorage"
REGISTRY = "http://127.0.0.1:20002"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without settings, which the test can change."""
    own = {
        name: value
        for name, value in os.environ.items()
        if name != "SECRETS_DIR" and not name.startswith("CATALOG_")
    }
    monkeypatch.setattr(os, "environ", own)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """An installation with the settings of a running catalog."""
    layout, owners = Layout(tmp_path), Owners.all(run_user([tmp_path]))
    ensure_secrets(layout, owners)
    ensure_database_urls(layout, OWNER, owners)
    layout.run.mkdir()
    written = {
        "SECRETS_DIR": str(layout.secrets_of("catalog")),
        "CATALOG_REGISTRY_URL": REGISTRY,
    }
    layout.catalog_environment.write_text(json.dumps(written))
    return layout


def test_the_settings_are_those_of_the_running_catalog(layout: Layout) -> None:
    settings = catalog_settings(layout)
    assert str(settings.registry_url).rstrip("/") == REGISTRY
    url, _, options = settings.database_url.get_secret_value().partition("?")
    assert url.endswith("@127.0.0.1:20001/moorage")
    assert options == "target_session_attrs=read-write"


def test_the_environment_overrides_the_settings_of_the_running_catalog(layout: Layout) -> None:
    os.environ["CATALOG_REGISTRY_URL"] = "http://registry:5000"
    assert str(catalog_settings(layout).registry_url).rstrip("/") == "http://registry:5000"


def test_a_data_folder_without_a_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="Moorage does not run on this data folder"):
        catalog_settings(Layout(tmp_path))


def test_a_wrong_setting_is_an_error_that_names_it(layout: Layout) -> None:
    os.environ["CATALOG_REGISTRY_URL"] = "not a URL"
    with pytest.raises(OpsError, match=r"^CATALOG_REGISTRY_URL: "):
        catalog_settings(layout)
