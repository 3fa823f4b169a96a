"""What a Docker user may do in a namespace (spec 2). Everything that is not allowed is denied."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Literal

Visibility = Literal["public", "private"]


class Permission(IntEnum):
    """A permission in a namespace. Each one includes the lower ones."""

    NONE = 0
    PULL = 1
    PUSH = 2


NAMES: Final = {"pull": Permission.PULL, "push": Permission.PUSH}

_ACTIONS: Final = {
    Permission.NONE: frozenset[str](),
    Permission.PULL: frozenset({"pull"}),
    Permission.PUSH: frozenset({"pull", "push"}),
}


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace and the id of the account that owns it."""

    name: str
    visibility: Visibility
    account_id: int


def allowed_actions(permission: Permission) -> frozenset[str]:
    """Return the registry actions that ``permission`` allows; never `delete` or `*` (spec 2.5)."""
    return _ACTIONS[permission]
