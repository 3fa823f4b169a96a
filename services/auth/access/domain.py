"""The rules of access. Everything that is not allowed here is denied."""

from enum import IntEnum
from typing import Final


class Permission(IntEnum):
    """What someone may do in a namespace; each includes the one below."""

    NONE = 0
    PULL = 1
    PUSH = 2


NAMES: Final = {"pull": Permission.PULL, "push": Permission.PUSH}

_ACTIONS: Final = {
    Permission.NONE: frozenset[str](),
    Permission.PULL: frozenset({"pull"}),
    Permission.PUSH: frozenset({"pull", "push"}),
}


def allowed_actions(permission: Permission) -> frozenset[str]:
    """The registry actions that ``permission`` allows; `delete` and `*` are in none (spec 2.5)."""
    return _ACTIONS[permission]
