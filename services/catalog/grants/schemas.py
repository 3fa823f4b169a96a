"""Requests and responses of grants."""

from datetime import datetime

from pydantic import Field, StrictBool

from libs.common.web.fields import Body, Output, Username
from services.catalog.grants.domain import Permission

_INCLUDES = "`push` includes `pull`, and `delete` includes `push`"


class GrantOut(Output):
    """A grant of a namespace."""

    docker_user: str = Field(examples=["ci-builder"])
    account: str = Field(description="account that owns the Docker user", examples=["acme"])
    permission: Permission = Field(description=_INCLUDES, examples=["push"])
    created_at: datetime = Field(description="UTC")
    updated_at: datetime = Field(description="UTC")


class DockerUserGrantOut(Output):
    """A grant of a Docker user."""

    namespace: str = Field(examples=["team"])
    permission: Permission = Field(description=_INCLUDES, examples=["push"])
    shared: bool = Field(description="whether another account owns the namespace")
    hidden: bool = Field(
        description="if true, the lists of shared repositories leave the namespace out; this "
        "changes no access, and the owner of the namespace does not see it"
    )


class GrantChange(Body):
    """Whether to hide a grant."""

    hidden: StrictBool = Field(
        description="true hides the grant from the lists of shared repositories, also if its "
        "namespace is granted again later; false shows it again"
    )


class GrantPut(Body):
    """The permission to grant."""

    permission: Permission = Field(description=_INCLUDES, examples=["push"])
    account: Username | None = Field(
        default=None,
        description="account that owns the Docker user; "
        "required unless that account also owns the namespace",
        examples=["partner"],
    )
