"""Requests and responses of `/docker-users`."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field, StrictBool

from libs.common.web.fields import (
    Body,
    Description,
    Password,
    Username,
)
from services.catalog.docker_users.domain import DockerUser


class DockerUserOut(BaseModel):
    """A Docker user."""

    username: str = Field(examples=["ci-builder"])
    account: str = Field(description="the account that owns it", examples=["acme"])
    description: str = Field(examples=["Builds the web images"])
    disabled: bool = Field(description="may do nothing, and cannot log in")
    token_login: bool = Field(description="`docker login` stores a token instead of the password")
    created_at: datetime = Field(description="UTC")
    last_login_at: datetime | None = Field(description="UTC; null: never")

    @classmethod
    def of(cls, user: DockerUser) -> Self:
        return cls(
            username=user.username,
            account=user.account,
            description=user.description,
            disabled=user.disabled,
            token_login=user.token_login,
            created_at=user.created_at,
            last_login_at=user.last_login_at,
        )


class DockerUserCreate(Body):
    """A new Docker user."""

    username: Username
    password: Password
    description: Description = ""
    token_login: StrictBool = Field(
        default=False,
        description="let `docker login` store a token; a pull secret made from such a login holds no credential",
    )


class DockerUserChange(Body):
    """What is to change; what is left out or null stays."""

    description: Description | None = None
    disabled: StrictBool | None = Field(default=None, description="disabling ends its logins")
    token_login: StrictBool | None = None


class PasswordChange(Body):
    """A new password."""

    password: Password
