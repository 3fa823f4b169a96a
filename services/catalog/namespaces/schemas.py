"""Requests and responses of ``/namespaces``."""

from datetime import datetime

from pydantic import Field

from libs.common.web.fields import Body, Description, NamespaceName, Output
from services.catalog.namespaces.domain import Visibility


class NamespaceOut(Output):
    """A namespace."""

    name: str = Field(examples=["team"])
    account: str = Field(description="account that owns the namespace", examples=["acme"])
    visibility: Visibility = Field(
        description="`public`: every signed-in Docker user can pull; "
        "`private`: only a Docker user with a grant can pull"
    )
    description: str = Field(examples=["Images of the web team"])
    repository_count: int = Field(examples=[3])
    pull_count: int = Field(description="sum over all repositories", examples=[1204])
    size_bytes: int = Field(
        description="sum over all repositories; a layer counts once in each repository that has it",
        examples=[73400320],
    )
    created_at: datetime = Field(description="UTC")
    deleting: bool = Field(
        description="true while the repositories of the deleted namespace are being deleted; "
        "the namespace disappears with the last one",
        examples=[False],
    )


class NamespaceDetailOut(NamespaceOut):
    """A namespace with its use of the storage."""

    storage_used_bytes: int = Field(
        description="bytes of all images, tagged or not: each blob and each manifest once; the "
        "trash of the namespace does not count; with very many images, the figure can be some "
        "minutes old",
        examples=[41943040],
    )


class NamespaceCreate(Body):
    """A new namespace."""

    name: NamespaceName
    visibility: Visibility
    description: Description = ""


class NamespaceChange(Body):
    """The fields to change. A field that is missing or null stays as it is."""

    visibility: Visibility | None = None
    description: Description | None = None
