"""Permissions and the registry actions that they allow."""

from itertools import pairwise

from services.auth.access.domain import NAMES, Permission, allowed_actions


def test_no_permission_allows_the_wildcard() -> None:
    """The registry takes it for every action."""
    assert "*" not in {
        action for permission in Permission for action in allowed_actions(permission)
    }


def test_only_the_delete_permission_allows_deletion() -> None:
    assert [p for p in Permission if "delete" in allowed_actions(p)] == [Permission.DELETE]


def test_every_permission_but_none_has_a_name_and_allows_the_action_of_that_name() -> None:
    assert list(NAMES.values()) == [p for p in Permission if p is not Permission.NONE]
    assert all(name in allowed_actions(permission) for name, permission in NAMES.items())


def test_each_permission_includes_the_lower_ones() -> None:
    assert not allowed_actions(Permission.NONE)
    for lower, higher in pairwise(sorted(Permission)):
        assert set(allowed_actions(lower)) < set(allowed_actions(higher))
