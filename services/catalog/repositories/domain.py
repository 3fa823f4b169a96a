"""Repositories."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from libs.common.web.errors import Conflict
from services.catalog.namespaces.domain import Visibility

Status = Literal["empty", "active", "deleting"]
View = Literal["own", "shared", "public"]
Order = Literal[
    "name",
    "-name",
    "pull_count",
    "-pull_count",
    "last_pushed_at",
    "-last_pushed_at",
    "created_at",
    "-created_at",
]


@dataclass(frozen=True, slots=True)
class Repository:
    """`namespace/name` with what is counted about it. ``visibility`` and ``account_id`` are its namespace's."""

    id: int
    namespace_id: int
    account_id: int
    visibility: Visibility
    namespace: str
    name: str
    status: Status
    description: str
    pull_count: int
    last_pulled_at: datetime | None
    last_pushed_at: datetime | None
    tag_count: int
    size_bytes: int
    created_at: datetime

    @property
    def path(self) -> str:
        """What stands between the registry's address and the tag."""
        return f"{self.namespace}/{self.name}"


class RepositoryTaken(Conflict):
    code, title = "repository_taken", "There is a repository of that name"


class RepositoryDeleting(Conflict):
    code, title = "repository_deleting", "The repository is being deleted"
