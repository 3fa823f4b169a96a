"""Permissions and the registry actions that they allow."""

from services.auth.access.domain import Permission, allowed_actions


def test_no_permission_allows_delete_or_wildcard() -> None:
    assert not {"delete", "*"} & {
        action for permission in Permission for action in allowed_actions(permission)
    }


def test_each_permission_includes_the_lower_ones() -> None:
    assert allowed_actions(Permission.NONE) == frozenset()
    assert allowed_actions(Permission.NONE) < allowed_actions(Permission.PULL)
    assert allowed_actions(Permission.PULL) < allowed_actions(Permission.PUSH)
