"""Requests and responses of ``/account`` and ``/accounts``."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, SecretStr, StrictBool

from libs.common.web.fields import Body, Output, Password, Username
from services.catalog.accounts.domain import NewQuota, Role
from services.catalog.quotas.domain import MAX_QUOTA_BYTES, StorageState


class _Storage(Output):
    storage_quota_bytes: int | None = Field(
        description="how many bytes the account can use; null: no limit", examples=[10737418240]
    )
    storage_used_bytes: int = Field(
        description="each blob and each manifest once; includes the trash, and uploads that no "
        "image uses yet",
        examples=[73400320],
    )
    storage_trash_bytes: int = Field(
        description="the part of `storage_used_bytes` that only the trash needs", examples=[1048576]
    )
    storage_state: StorageState = Field(
        description="`warning`: 80 % of the quota are used; `critical`: 95 %; `exceeded`: nothing "
        "more can be pushed; without a quota always `ok`"
    )


class OwnAccountOut(_Storage):
    """The account that is signed in."""

    username: str = Field(examples=["acme"])
    role: Role
    created_at: datetime = Field(description="UTC")


class AccountOut(_Storage):
    """An account, as an administrator sees it."""

    username: str = Field(examples=["acme"])
    role: Role
    disabled: bool = Field(
        description="if true, neither the account nor its Docker users can sign in"
    )
    created_at: datetime = Field(description="UTC")


class AccountCreate(Body):
    """A new account."""

    username: Username
    password: Password
    role: Role = "member"


class AccountChange(Body):
    """The fields to change. A field that is missing stays as it is.

    So does one that is null, except for `storage_quota_bytes`: null removes the quota.
    """

    disabled: StrictBool | None = Field(
        default=None,
        description="true ends the account's sessions and the logins of its Docker users",
    )
    role: Role | None = None
    password: Password | None = Field(
        default=None, description="a new password ends the account's sessions"
    )
    storage_quota_bytes: Annotated[int, Field(strict=True, ge=0, le=MAX_QUOTA_BYTES)] | None = (
        Field(
            default=None,
            description="how many bytes the account can use; null removes the limit",
            examples=[10737418240],
        )
    )

    @property
    def quota(self) -> NewQuota | None:
        """The quota to set, or None if the body has no quota."""
        if "storage_quota_bytes" not in self.model_fields_set:
            return None
        return NewQuota(self.storage_quota_bytes)


class OwnPasswordChange(Body):
    """A new password for the account that is signed in."""

    current_password: SecretStr = Field(max_length=128, examples=["correct horse battery"])
    password: Password
