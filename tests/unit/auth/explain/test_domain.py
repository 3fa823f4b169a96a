"""The reasons that `/access/explain` gives."""

import pytest

from services.auth.access.domain import Namespace, Permission, Visibility
from services.auth.credentials.domain import NOBODY, Credential, Nobody
from services.auth.explain.domain import Action, Rule, deciding_rule, reason, reserved_reason
from tests.unit.auth.make import credential


def explain(
    visibility: Visibility,
    user: Credential | Nobody | None,
    action: Action,
    *,
    allowed: bool = False,
    grant: Permission | None = None,
) -> str:
    namespace = Namespace("team", visibility, 7, 1)
    return reason(namespace, user, "dev", grant, action, allowed=allowed)


def test_reason_names_an_unknown_or_disabled_docker_user() -> None:
    assert explain("private", NOBODY, "pull") == (
        "There is no Docker user 'dev' in your account, and none with a grant in 'team'. Check the "
        "name, or add a grant."
    )
    assert explain("public", NOBODY, "pull", allowed=True) == (
        "'team' is public. Every Docker user who signs in may pull. There is no Docker user 'dev' "
        "in your account, and none with a grant: check the name."
    )
    assert "is disabled" in explain("public", credential(disabled=True), "pull")


@pytest.mark.parametrize(
    ("visibility", "grant", "action", "allowed", "words"),
    [
        ("public", None, "pull", True, "Every Docker user who signs in may pull"),
        ("private", Permission.PULL, "pull", True, "'dev' has a grant in 'team'"),
        ("private", Permission.PUSH, "push", True, "'dev' has a push grant in 'team'."),
        ("private", Permission.DELETE, "push", True, "'dev' has a delete grant in 'team', which"),
        ("private", Permission.DELETE, "delete", True, "'dev' has a delete grant in 'team'."),
        ("private", None, "push", False, "'dev' has no push grant in 'team'. Add a `push` grant."),
        ("private", Permission.PULL, "push", False, "Its grant is `pull`. Change it to `push`."),
        ("private", None, "pull", False, "'team' is private, and 'dev' has no grant in it"),
        ("public", None, "delete", False, "'dev' has no delete grant in 'team'. Add a `delete`"),
        ("private", Permission.PUSH, "delete", False, "is `push`. Change it to `delete`."),
    ],
)
def test_reason_for_a_docker_user_names_the_deciding_grant(
    visibility: Visibility, grant: Permission | None, action: Action, allowed: bool, words: str
) -> None:
    assert words in explain(visibility, credential(), action, allowed=allowed, grant=grant)


@pytest.mark.parametrize(
    ("visibility", "action", "allowed", "words"),
    [
        ("public", "pull", True, "Anyone may pull without signing in"),
        ("public", "push", False, "Pushing requires a Docker user with a push grant"),
        ("public", "delete", False, "Deleting requires a Docker user with a delete grant"),
        ("public", "pull", False, "pulling requires signing in as a Docker user"),
        ("private", "pull", False, "Pulling requires a Docker user with a grant"),
    ],
)
def test_reason_for_an_anonymous_client_says_what_is_required(
    visibility: Visibility, action: Action, allowed: bool, words: str
) -> None:
    assert words in explain(visibility, None, action, allowed=allowed)


def test_reason_names_a_repository_that_is_being_deleted() -> None:
    assert reserved_reason("team/app").startswith("'team/app' is being deleted")


@pytest.mark.parametrize(
    ("user", "grant", "visibility", "action", "allowed", "rule"),
    [
        (NOBODY, None, "public", "pull", True, "public"),
        (NOBODY, None, "private", "pull", False, "user_unknown"),
        (credential(disabled=True), Permission.PUSH, "public", "pull", False, "user_disabled"),
        (credential(), None, "public", "pull", True, "public"),
        (credential(), Permission.PUSH, "public", "push", True, "granted"),
        (credential(), Permission.PULL, "private", "pull", True, "granted"),
        (credential(), None, "private", "pull", False, "no_grant"),
        (credential(), Permission.PULL, "private", "push", False, "weaker_grant"),
        (None, None, "public", "pull", True, "public"),
        (None, None, "private", "pull", False, "anonymous"),
    ],
)
def test_rule_is_the_one_that_decides(
    user: Credential | Nobody | None,
    grant: Permission | None,
    visibility: Visibility,
    action: Action,
    allowed: bool,
    rule: Rule,
) -> None:
    assert deciding_rule(user, grant, visibility, action, allowed=allowed) == rule
