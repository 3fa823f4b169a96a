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
    DELETE = 3


NAMES: Final = {"pull": Permission.PULL, "push": Permission.PUSH, "delete": Permission.DELETE}
UNLIMITED: Final = Permission.DELETE
"""The maximum permission of a password: it can do whatever the Docker user's grants allow."""

_ACTIONS: Final[dict[Permission, tuple[str, ...]]] = {
    Permission.NONE: (),
    Permission.PULL: ("pull",),
    Permission.PUSH: ("pull", "push"),
    Permission.DELETE: ("pull", "push", "delete"),
}


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace and the id of the account that owns it."""

    name: str
    visibility: Visibility
    account_id: int


def allowed_actions(permission: Permission) -> tuple[str, ...]:
    """Return the registry actions that ``permission`` allows, lowest first; never `*`."""
    return _ACTIONS[permission]
