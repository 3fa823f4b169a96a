"""Requests and responses of `/repositories`."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from libs.common.web.fields import (
    Body,
    Description,
    NamespaceName,
    RepositoryName,
)
from services.catalog.repositories.domain import Repository, Status


class RepositoryOut(BaseModel):
    """A repository."""

    namespace: str = Field(examples=["team"])
    name: str = Field(examples=["charts/web"])
    status: Status = Field(description="`empty`: no image yet; `deleting`: it goes away by itself")
    description: str = Field(examples=["The web front end"])
    pull_count: int = Field(
        description="pulls of its tags, deleted ones included, and by digest", examples=[1204]
    )
    last_pulled_at: datetime | None = Field(description="UTC; null: never")
    last_pushed_at: datetime | None = Field(description="UTC; null: never")
    tag_count: int = Field(examples=[12])
    size_bytes: int = Field(
        description="of all images that have a tag, each image once; layers that images share count in each",
        examples=[73400320],
    )
    created_at: datetime = Field(description="UTC")

    @classmethod
    def of(cls, repository: Repository) -> Self:
        return cls(
            namespace=repository.namespace,
            name=repository.name,
            status=repository.status,
            description=repository.description,
            pull_count=repository.pull_count,
            last_pulled_at=repository.last_pulled_at,
            last_pushed_at=repository.last_pushed_at,
            tag_count=repository.tag_count,
            size_bytes=repository.size_bytes,
            created_at=repository.created_at,
        )


class RepositoryCreate(Body):
    """A new, empty repository. A first push makes one as well."""

    namespace: NamespaceName
    name: RepositoryName
    description: Description = ""


class RepositoryChange(Body):
    """What is to change; what is left out or null stays."""

    description: Description | None = None
