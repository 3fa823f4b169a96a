"""Accounts: the tenants, which sign in to the console and the JSON API."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from libs.common.web.errors import Conflict, Forbidden, NotFound, TooManyRequests, Unavailable
from services.catalog.quotas.domain import NO_STORAGE, StorageState, StorageUse, storage_state

Role = Literal["admin", "member"]


@dataclass(frozen=True, slots=True)
class Account:
    """A tenant. If it is ``disabled``, neither it nor its Docker users can sign in.

    ``use`` is what it stores, where a use case says so. Without a quota, ``storage_quota_bytes`` is
    None.
    """

    id: int
    username: str
    role: Role
    disabled: bool
    created_at: datetime
    storage_quota_bytes: int | None = None
    use: StorageUse = NO_STORAGE

    @property
    def storage_used_bytes(self) -> int:
        """The bytes that the account uses, trash and unused uploads included."""
        return self.use.used_bytes

    @property
    def storage_trash_bytes(self) -> int:
        """The bytes of what only the trash has."""
        return self.use.trash_bytes

    @property
    def storage_state(self) -> StorageState:
        """How full the quota is."""
        return storage_state(self.use.used_bytes, self.storage_quota_bytes)


@dataclass(frozen=True, slots=True)
class NewQuota:
    """A quota to set, in bytes. None removes the quota."""

    storage_quota_bytes: int | None


@dataclass(frozen=True, slots=True)
class AccountLimits:
    """How many objects of each kind an account can have."""

    namespaces: int
    docker_users: int
    repositories: int


def leaves_no_administrator(administrator_ids: list[int], demoted_id: int) -> bool:
    """Return whether ``demoted_id`` is the only one of ``administrator_ids``.

    ``administrator_ids`` are the administrators that are not disabled.
    """
    return administrator_ids == [demoted_id]


class AccountNotFound(NotFound):
    """No account has this username."""

    def __init__(self, username: str) -> None:
        super().__init__(f"There is no account {username!r}.")


class AccountTaken(Conflict):
    """Another account has this username."""

    code, title = "account_taken", "The username is taken; choose another one"

    def __init__(self, username: str) -> None:
        super().__init__(f"The account {username!r} already exists. Choose another username.")


class LastAdministrator(Conflict):
    """The change would leave no account that can administer the registry."""

    code = "last_administrator"
    title = (
        "The last administrator cannot be disabled or made a member; make another account an "
        "administrator first"
    )


class WrongPassword(Forbidden):
    """The current password in a request to change it is wrong."""

    code, title = "wrong_password", "The current password is wrong; enter it again"


class PasswordThrottled(TooManyRequests):
    """The account had too many wrong current passwords."""

    code, title = "password_throttled", "Too many wrong passwords; try again later"


class HashingBusy(Unavailable):
    """The queue in front of the password hasher is full."""

    code = "hashing_busy"
    title = "Too many passwords are waiting to be hashed; try again in a moment"
