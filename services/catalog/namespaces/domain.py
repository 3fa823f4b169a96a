"""Namespaces."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from libs.common.web.errors import Conflict

Visibility = Literal["public", "private"]


@dataclass(frozen=True, slots=True)
class Namespace:
    """The first component of image paths, with the sums over its repositories."""

    id: int
    account_id: int
    account: str
    name: str
    visibility: Visibility
    description: str
    created_at: datetime
    deleting: bool
    repository_count: int
    pull_count: int
    size_bytes: int


class NamespaceTaken(Conflict):
    code, title = "namespace_taken", "There is a namespace of that name"


class NamespaceNotEmpty(Conflict):
    code, title = "namespace_not_empty", "The namespace has repositories"


class NamespaceDeleting(Conflict):
    code, title = "namespace_deleting", "The namespace is being deleted"
