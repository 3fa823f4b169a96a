"""Requests and responses of `/account` and `/accounts`."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field, SecretStr, StrictBool

from libs.common.web.fields import Body, Password, Username
from services.catalog.accounts.domain import Account, Role


class OwnAccountOut(BaseModel):
    """The account that is signed in."""

    username: str = Field(examples=["acme"])
    role: Role
    created_at: datetime = Field(description="UTC")

    @classmethod
    def of(cls, account: Account) -> Self:
        return cls(username=account.username, role=account.role, created_at=account.created_at)


class AccountOut(BaseModel):
    """An account, as administrators see it."""

    username: str = Field(examples=["acme"])
    role: Role
    disabled: bool = Field(description="neither it nor its Docker users may sign in")
    created_at: datetime = Field(description="UTC")

    @classmethod
    def of(cls, account: Account) -> Self:
        return cls(
            username=account.username,
            role=account.role,
            disabled=account.disabled,
            created_at=account.created_at,
        )


class AccountCreate(Body):
    """A new account."""

    username: Username
    password: Password
    role: Role = "member"


class AccountChange(Body):
    """What is to change; what is left out or null stays."""

    disabled: StrictBool | None = Field(
        default=None, description="disabling ends its sessions and its Docker users' logins"
    )
    role: Role | None = None
    password: Password | None = Field(default=None, description="ends its sessions")


class OwnPasswordChange(Body):
    """A new password for the account that is signed in."""

    current_password: SecretStr = Field(max_length=128, examples=["correct horse battery"])
    password: Password
