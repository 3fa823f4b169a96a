"""The settings of the catalog: secrets come from files, and each mistake is one clear line."""

from pathlib import Path

import pytest

from libs.common.settings import SettingsError
from services.catalog.settings import load_settings

SECRET = "password-of-the-test"


@pytest.fixture
def secrets_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("CATALOG_REGISTRY_URL", "http://127.0.0.1:5000")
    (tmp_path / "catalog_database_url").write_text(
        f"postgresql://role:{SECRET}@127.0.0.1/moorage\n"
    )
    return tmp_path


def test_a_secret_is_read_from_its_file_and_not_shown(secrets_folder: Path) -> None:
    settings = load_settings()
    expected = f"postgresql://role:{SECRET}@127.0.0.1/moorage?target_session_attrs=read-write"
    assert settings.database_url.get_secret_value() == expected
    assert SECRET not in repr(settings)
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
def test_an_invalid_setting_is_reported_in_one_line_that_names_it(
    secrets_folder: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=f"^{variable}: ") as error:
        load_settings()
    assert "\n" not in str(error.value)


def test_the_error_of_a_missing_setting_names_it(
    secrets_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (secrets_folder / "catalog_database_url").unlink()
    with pytest.raises(SettingsError, match=r"^CATALOG_DATABASE_URL: missing"):
        load_settings()
    monkeypatch.delenv("SECRETS_DIR")
    with pytest.raises(SettingsError, match="SECRETS_DIR: missing"):
        load_settings()


def test_a_database_url_of_another_scheme_is_rejected_and_not_shown(secrets_folder: Path) -> None:
    (secrets_folder / "catalog_database_url").write_text(f"mysql://role:{SECRET}@127.0.0.1/moorage")
    with pytest.raises(SettingsError, match=r"^CATALOG_DATABASE_URL: ") as error:
        load_settings()
    assert SECRET not in str(error.value)


def test_disks_of_images_and_database_are_checked(
    secrets_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings().disks == {}
    monkeypatch.setenv("CATALOG_STORAGE_PATH", str(tmp_path))
    monkeypatch.setenv("CATALOG_DATABASE_FOLDER", str(secrets_folder))
    assert load_settings().disks == {"images": tmp_path, "database": secrets_folder}
