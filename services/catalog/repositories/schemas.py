"""Requests and responses of ``/repositories``."""

from datetime import datetime

from pydantic import Field

from libs.common.web.fields import Body, Description, NamespaceName, Output, RepositoryName
from services.catalog.repositories.domain import Status


class RepositoryOut(Output):
    """A repository."""

    namespace: str = Field(examples=["team"])
    name: str = Field(examples=["charts/web"])
    status: Status = Field(
        description="`empty`: it has no image yet; `deleting`: its images are being deleted, "
        "and the repository disappears with the last one"
    )
    description: str = Field(examples=["The web front end"])
    pull_count: int = Field(
        description="pulls by digest and by tag, including tags deleted since", examples=[1204]
    )
    last_pulled_at: datetime | None = Field(description="UTC; null: never")
    last_pushed_at: datetime | None = Field(description="UTC; null: never")
    tag_count: int = Field(examples=[12])
    size_bytes: int = Field(
        description="sum over all images that have a tag, each image once; "
        "a layer counts once in each image that has it",
        examples=[73400320],
    )
    created_at: datetime = Field(description="UTC")


class RepositoryDetailOut(RepositoryOut):
    """A repository with its use of the storage."""

    storage_used_bytes: int = Field(
        description="bytes of all images, tagged or not: each blob and each manifest once; the "
        "trash of the repository does not count; with very many images, the figure can be some "
        "minutes old",
        examples=[41943040],
    )


class RepositoryCreate(Body):
    """A new, empty repository. A first push creates one too."""

    namespace: NamespaceName
    name: RepositoryName
    description: Description = ""


class RepositoryChange(Body):
    """The fields to change. A field that is missing or null stays as it is."""

    description: Description | None = None
