"""The environment of child processes, and the lifetimes of tokens."""

import pytest

from ops.host.environment import TOKEN_LIFETIMES, child_environment, longest_token_seconds
from services.auth.settings import Settings


def test_a_child_receives_no_secret_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://a:secret@b/c")
    monkeypatch.setenv("LANG", "C.UTF-8")
    environment = child_environment(PORT="1")
    assert "DATABASE_URL" not in environment
    assert (environment["LANG"], environment["PORT"]) == ("C.UTF-8", "1")


def test_the_longest_token_is_the_longest_of_pull_and_push() -> None:
    assert longest_token_seconds({}) == 1800
    assert longest_token_seconds({"AUTH_PUSH_TOKEN_SECONDS": "60"}) == 300
    assert (
        longest_token_seconds({"AUTH_PULL_TOKEN_SECONDS": "3600", "AUTH_PUSH_TOKEN_SECONDS": "x"})
        == 3600
    )


def test_the_default_lifetimes_are_those_of_the_auth_service() -> None:
    for variable, default in TOKEN_LIFETIMES.items():
        assert Settings.model_fields[variable.removeprefix("AUTH_").lower()].default == default
