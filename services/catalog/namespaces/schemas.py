"""Requests and responses of `/namespaces`."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from libs.common.web.fields import Body, Description, NamespaceName
from services.catalog.namespaces.domain import Namespace, Visibility


class NamespaceOut(BaseModel):
    """A namespace."""

    name: str = Field(examples=["team"])
    account: str = Field(description="the account that owns it", examples=["acme"])
    visibility: Visibility = Field(description="public: every signed-in Docker user may pull")
    description: str = Field(examples=["Images of the web team"])
    repository_count: int = Field(examples=[3])
    pull_count: int = Field(description="of all its repositories", examples=[1204])
    size_bytes: int = Field(
        description="of all its repositories; what they share counts in each", examples=[73400320]
    )
    created_at: datetime = Field(description="UTC")
    deleting: bool = Field(
        description="it goes away by itself, with its repositories", examples=[False]
    )

    @classmethod
    def of(cls, namespace: Namespace) -> Self:
        return cls(
            name=namespace.name,
            account=namespace.account,
            visibility=namespace.visibility,
            description=namespace.description,
            repository_count=namespace.repository_count,
            pull_count=namespace.pull_count,
            size_bytes=namespace.size_bytes,
            created_at=namespace.created_at,
            deleting=namespace.deleting,
        )


class NamespaceCreate(Body):
    """A new namespace."""

    name: NamespaceName
    visibility: Visibility
    description: Description = ""


class NamespaceChange(Body):
    """What is to change; what is left out or null stays."""

    visibility: Visibility | None = None
    description: Description | None = None
