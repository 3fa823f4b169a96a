"""Grants: which Docker user can pull, push, or delete images of a namespace."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from libs.common.web.errors import NotFound

Permission = Literal["pull", "push", "delete"]
"""`push` includes `pull`, and `delete` includes `push`."""

ACTIONS: Final[dict[Permission, str]] = {
    "pull": "grant.pull",
    "push": "grant.push",
    "delete": "grant.allow_delete",
}
"""The action in the audit trail that gives each permission; `grant.delete` revokes a grant."""


@dataclass(frozen=True, slots=True)
class Grant:
    """The permission of a Docker user in a namespace.

    ``account`` owns the Docker user.
    """

    namespace: str
    docker_user: str
    account: str
    permission: Permission
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ReceivedGrant:
    """A grant as the account of its Docker user sees it.

    ``shared`` is whether another account owns the namespace. ``hidden`` is whether the account left
    the namespace out of its list of shared repositories. The owner of the namespace does not see
    that, and it changes no access.
    """

    namespace_id: int
    namespace: str
    permission: Permission
    shared: bool
    hidden: bool


class GrantNotFound(NotFound):
    """The Docker user has no grant in the namespace."""

    def __init__(self, *, docker_user: str, namespace: str) -> None:
        super().__init__(
            f"The Docker user {docker_user!r} has no grant in the namespace {namespace!r}."
        )


class GranteeNotFound(NotFound):
    """No Docker user of the given account has this username.

    The error is the same for a Docker user of another account and for one that does not exist, so
    that it does not reveal other accounts' Docker users.
    """

    code = "docker_user_not_found"
    title = "The Docker user does not exist, or you do not own it; check the username"

    def __init__(self, *, docker_user: str, account: str) -> None:
        super().__init__(
            f"There is no Docker user {docker_user!r} of the account {account!r}. If another "
            "account owns it, name that account in `account`."
        )


def grantee_account(*, named: str | None, namespace_account: str) -> str:
    """Return the account that must own the Docker user of a grant.

    A grant to another account's Docker user must name that account: a mistyped username must not
    open the namespace to a stranger.
    """
    return namespace_account if named is None else named
