"""The reasons that `/access/explain` gives."""

from datetime import UTC, datetime
from typing import Literal

import pytest

from services.auth.access.domain import OwnedNamespace
from services.auth.credentials.domain import NOBODY, Credential, Nobody
from services.auth.explain.domain import Action, reason, reserved_reason

Visibility = Literal["public", "private"]


def docker_user(*, disabled: bool = False) -> Credential:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    return Credential("docker_user", 1, "dev", "hash", disabled, 1, 7, "owner", None, False, now)


def explain(
    visibility: Visibility,
    user: Credential | Nobody | None,
    action: Action,
    *,
    allowed: bool = False,
) -> str:
    namespace = OwnedNamespace("team", visibility, 7)
    return reason(namespace, user, "dev", action, allowed=allowed)


@pytest.mark.parametrize("user", [None, NOBODY, docker_user()])
def test_nobody_deletes_through_docker(user: Credential | Nobody | None) -> None:
    assert "owner of the namespace deletes" in explain("public", user, "delete")


def test_unknown_and_disabled_docker_users_are_named() -> None:
    assert explain("public", NOBODY, "pull") == "There is no Docker user 'dev'. Check the name."
    assert "is disabled" in explain("public", docker_user(disabled=True), "pull")


@pytest.mark.parametrize(
    ("visibility", "action", "allowed", "words"),
    [
        ("public", "pull", True, "Every Docker user who signs in may pull"),
        ("private", "pull", True, "'dev' has a grant in 'team'"),
        ("private", "push", True, "'dev' has a push grant in 'team'"),
        ("private", "push", False, "'dev' has no push grant in 'team'"),
        ("private", "pull", False, "'team' is private, and 'dev' has no grant in it"),
    ],
)
def test_docker_user_gets_the_grant_that_decides(
    visibility: Visibility, action: Action, allowed: bool, words: str
) -> None:
    assert words in explain(visibility, docker_user(), action, allowed=allowed)


@pytest.mark.parametrize(
    ("visibility", "action", "allowed", "words"),
    [
        ("public", "pull", True, "Anyone may pull without signing in"),
        ("public", "push", False, "Pushing requires a Docker user with a push grant"),
        ("public", "pull", False, "pulling requires signing in as a Docker user"),
        ("private", "pull", False, "Pulling requires a Docker user with a grant"),
    ],
)
def test_anonymous_client_gets_what_is_missing(
    visibility: Visibility, action: Action, allowed: bool, words: str
) -> None:
    assert words in explain(visibility, None, action, allowed=allowed)


def test_deleted_repository_is_named() -> None:
    assert reserved_reason("team/app").startswith("'team/app' is being deleted")
