"""Requests and responses of ``/docker-users``."""

from datetime import datetime

from pydantic import Field, StrictBool

from libs.common.web.fields import Body, Description, Output, Password, Username


class DockerUserOut(Output):
    """A Docker user."""

    username: str = Field(examples=["ci-builder"])
    account: str = Field(description="account that owns the Docker user", examples=["acme"])
    description: str = Field(examples=["Builds the web images"])
    disabled: bool = Field(description="if true, it can neither log in nor use its tokens")
    token_login: bool = Field(description="`docker login` stores a token instead of the password")
    created_at: datetime = Field(description="UTC")
    last_login_at: datetime | None = Field(description="UTC; null: never")


class DockerUserCreate(Body):
    """A new Docker user."""

    username: Username
    password: Password
    description: Description = ""
    token_login: StrictBool = Field(
        default=False,
        description="let `docker login` store a token instead of the password; "
        "Kubernetes cannot use a pull secret that is made from such a login",
    )


class DockerUserChange(Body):
    """The fields to change. A field that is missing or null stays as it is."""

    description: Description | None = None
    disabled: StrictBool | None = Field(
        default=None,
        description="if true, the Docker user can neither log in nor use its tokens; "
        "false enables it again",
    )
    token_login: StrictBool | None = None


class PasswordChange(Body):
    """A new password."""

    password: Password
