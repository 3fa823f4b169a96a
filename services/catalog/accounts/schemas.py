"""Requests and responses of ``/account`` and ``/accounts``."""

from datetime import datetime

from pydantic import Field, SecretStr, StrictBool

from libs.common.web.fields import Body, Output, Password, Username
from services.catalog.accounts.domain import Role


class OwnAccountOut(Output):
    """The account that is signed in."""

    username: str = Field(examples=["acme"])
    role: Role
    created_at: datetime = Field(description="UTC")


class AccountOut(Output):
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
    """The fields to change. A field that is missing or null stays as it is."""

    disabled: StrictBool | None = Field(
        default=None,
        description="true ends the account's sessions and the logins of its Docker users",
    )
    role: Role | None = None
    password: Password | None = Field(
        default=None, description="a new password ends the account's sessions"
    )


class OwnPasswordChange(Body):
    """A new password for the account that is signed in."""

    current_password: SecretStr = Field(max_length=128, examples=["correct horse battery"])
    password: Password
