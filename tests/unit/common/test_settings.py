"""Settings: each error names its variable and never shows a secret."""

from pathlib import Path

import pytest
from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from libs.common.settings import ServiceSettings, SettingsError, load


class _Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="EXAMPLE_")

    workers: int = Field(default=1, ge=1)
    database_url: SecretStr = Field(min_length=5)


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the directory of secret files."""
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    return tmp_path


def test_a_setting_comes_from_the_environment_and_a_secret_from_its_file(
    secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (secrets / "example_database_url").write_text("postgresql://x")
    monkeypatch.setenv("EXAMPLE_WORKERS", "3")
    monkeypatch.setenv("LOG_LEVEL", "warning")
    settings = load(_Settings)
    assert (settings.workers, settings.log_level) == (3, "warning")
    expected = "postgresql://x?target_session_attrs=read-write"
    assert settings.database_url.get_secret_value() == expected


def test_a_missing_setting_is_named_with_its_variable_and_file(secrets: Path) -> None:
    with pytest.raises(SettingsError, match=r"EXAMPLE_DATABASE_URL: missing .* example_database"):
        load(_Settings)


def test_invalid_settings_are_named_on_one_line_without_their_values(
    secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (secrets / "example_database_url").write_text("abcd")
    monkeypatch.setenv("EXAMPLE_WORKERS", "0")
    monkeypatch.setenv("LOG_LEVEL", "loud")
    with pytest.raises(SettingsError) as caught:
        load(_Settings)
    message = str(caught.value)
    assert {part.partition(":")[0] for part in message.split("; ")} == {
        "EXAMPLE_DATABASE_URL",
        "EXAMPLE_WORKERS",
        "LOG_LEVEL",
    }
    assert "\n" not in message
    assert "abcd" not in message


def test_a_missing_directory_of_secrets_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRETS_DIR", "/nowhere")
    with pytest.raises(SettingsError, match="SECRETS_DIR: no such directory: /nowhere"):
        load(_Settings)
