"""The environment in which npm runs."""

import pytest

from ops.install.npm import _environment


def test_npm_trusts_the_certificates_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NODE_USE_SYSTEM_CA", raising=False)
    assert _environment()["NODE_USE_SYSTEM_CA"] == "1"


def test_settings_of_the_user_override_those_of_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NODE_USE_SYSTEM_CA", "0")
    monkeypatch.setenv("npm_config_globalconfig", "/elsewhere")
    environment = _environment()
    assert environment["NODE_USE_SYSTEM_CA"] == "0"
    assert "NPM_CONFIG_GLOBALCONFIG" not in environment
