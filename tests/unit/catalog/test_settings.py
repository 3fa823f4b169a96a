"""The settings of the catalog: checked at start, secrets only as files, each mistake one line that names it."""

from pathlib import Path

import pytest

from libs.common.settings import SettingsError
from services.catalog.settings import load_settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("CATALOG_REGISTRY_URL", "http://127.0.0.1:5000")
    (tmp_path / "catalog_database_url").write_text(
        "postgresql://role:password-of-the-test@127.0.0.1/moorage\n"
    )
    return tmp_path


def test_a_secret_is_read_from_its_file_and_not_shown(folder: Path) -> None:
    settings = load_settings()
    assert (
        settings.database_url.get_secret_value()
        == "postgresql://role:password-of-the-test@127.0.0.1/moorage"
    )
    assert "password-of-the-test" not in repr(settings)
    assert settings.name_reservation_seconds == 1860


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CATALOG_REGISTRY_URL", "nowhere"),
        ("CATALOG_NAME_RESERVATION_SECONDS", "-1"),
        ("LOG_LEVEL", "loud"),
        ("SECRETS_DIR", "/no/such/folder"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=f"^{variable}: ") as told:
        load_settings()
    assert "\n" not in str(told.value)


def test_what_is_missing_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "catalog_database_url").unlink()
    with pytest.raises(SettingsError, match=r"^CATALOG_DATABASE_URL: missing"):
        load_settings()
    monkeypatch.delenv("SECRETS_DIR")
    with pytest.raises(SettingsError, match="SECRETS_DIR: missing"):
        load_settings()


def test_a_database_that_is_no_postgresql_is_refused_and_not_shown(folder: Path) -> None:
    (folder / "catalog_database_url").write_text(
        "mysql://role:password-of-the-test@127.0.0.1/moorage"
    )
    with pytest.raises(SettingsError, match=r"^CATALOG_DATABASE_URL: ") as told:
        load_settings()
    assert "password-of-the-test" not in str(told.value)
