"""What a Docker user may do in a namespace (spec 2). Everything that is not allowed is denied."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Literal

from libs.common.security.principals import Principal
from libs.common.web.errors import NotFound

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
    """A namespace and the id of the account that owns it. ``id`` is of this namespace only."""

    name: str
    visibility: Visibility
    account_id: int
    id: int


@dataclass(frozen=True, slots=True)
class OwnedNamespace:
    """A namespace, and the principal who owns it or is an administrator."""

    principal: Principal
    namespace: Namespace


class NoSuchNamespace(NotFound):
    """The account owns no namespace with this name."""

    code = "namespace_not_found"
    title = "The namespace does not exist, or you do not own it; check its name"


def allowed_actions(permission: Permission) -> tuple[str, ...]:
    """Return the registry actions that ``permission`` allows, lowest first; never `*`."""
    return _ACTIONS[permission]
