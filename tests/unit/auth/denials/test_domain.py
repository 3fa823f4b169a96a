"""Which action of a request is denied, and by which rule."""

import pytest

from services.auth.denials.domain import Action, Rule, denied_action, denying_rule


@pytest.mark.parametrize(
    ("requested", "granted", "denied"),
    [
        (("pull",), ("pull",), None),
        (("pull",), (), "pull"),
        (("pull", "push"), ("pull",), "push"),
        (("push", "pull"), (), "push"),
        (("delete", "pull"), ("pull", "push"), "delete"),
        (("*",), ("pull",), None),
        (("*",), (), "pull"),
        (("*", "delete"), ("pull",), "delete"),
        (("read",), (), None),
        (("list",), ("list",), None),
    ],
)
def test_strongest_action_that_was_not_granted_is_denied(
    requested: tuple[str, ...], granted: tuple[str, ...], denied: Action | None
) -> None:
    assert denied_action(requested, granted) == denied


@pytest.mark.parametrize(
    ("is_reserved", "allowed", "rule"),
    [
        (True, ("pull", "push"), "name_reserved"),
        (False, ("pull", "push"), "limited_token"),
        (False, ("pull",), "no_grant"),
        (False, (), "no_grant"),
    ],
)
def test_rule_names_what_denies_a_push(
    is_reserved: bool, allowed: tuple[str, ...], rule: Rule
) -> None:
    assert denying_rule(is_reserved=is_reserved, allowed=allowed, action="push") == rule
