"""Requests and responses of grants."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from libs.common.web.fields import Body, Username
from services.catalog.grants.domain import Grant, Permission


class GrantOut(BaseModel):
    """A grant of a namespace."""

    docker_user: str = Field(examples=["ci-builder"])
    account: str = Field(description="the account that owns the Docker user", examples=["acme"])
    permission: Permission = Field(description="`push` includes `pull`")
    created_at: datetime = Field(description="UTC")
    updated_at: datetime = Field(description="UTC")

    @classmethod
    def of(cls, grant: Grant) -> Self:
        return cls(
            docker_user=grant.docker_user,
            account=grant.account,
            permission=grant.permission,
            created_at=grant.created_at,
            updated_at=grant.updated_at,
        )


class DockerUserGrantOut(BaseModel):
    """A grant of a Docker user."""

    namespace: str = Field(examples=["team"])
    permission: Permission = Field(description="`push` includes `pull`")

    @classmethod
    def of(cls, grant: Grant) -> Self:
        return cls(namespace=grant.namespace, permission=grant.permission)


class GrantPut(Body):
    """What to grant."""

    permission: Permission
    account: Username | None = Field(
        default=None,
        description="the Docker user's account; needed when it is not the namespace's own",
        examples=["partner"],
    )
