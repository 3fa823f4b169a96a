"""Namespaces: the first component of an image path, which one account owns."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from libs.common.security.principals import Principal
from libs.common.web.errors import Conflict, NotFound

Visibility = Literal["public", "private"]


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace, with the totals of its repositories.

    Every signed-in Docker user can pull from a public namespace, and only a Docker user with a
    grant from a private one. ``deleting`` is true until all repositories of a deleted namespace
    are gone.
    """

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


@dataclass(frozen=True, slots=True)
class NamespaceDetail(Namespace):
    """A namespace with the bytes of its images, each blob and manifest once."""

    storage_used_bytes: int


class NamespaceNotFound(NotFound):
    """No namespace has this name, or the principal cannot see it."""

    code = "namespace_not_found"
    title = "The namespace does not exist, or you do not own it; check its name"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no namespace {name!r}.")


class NamespaceTaken(Conflict):
    """Another namespace has this name."""

    code, title = "namespace_taken", "The namespace name is taken; choose another one"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The namespace {name!r} already exists. Names are unique in the whole registry: "
            "choose another one."
        )


class NamespaceNotEmpty(Conflict):
    """The namespace has repositories, and the request does not delete them."""

    code = "namespace_not_empty"
    title = "The namespace has repositories; delete them first, or add `?cascade=true`"


class NamespaceDeleting(Conflict):
    """The namespace takes no new repository, because it is being deleted."""

    code, title = "namespace_deleting", "The namespace is being deleted; use another namespace"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The namespace {name!r} is being deleted. Create the repository in another namespace."
        )


@dataclass(frozen=True, slots=True)
class NamespaceOwner:
    """A principal with a namespace that it can change.

    A member can change the namespaces of its account, an administrator all of them.

    Raises:
        NamespaceNotFound: the principal cannot change it. The error does not reveal its existence.
    """

    principal: Principal
    namespace: Namespace

    def __post_init__(self) -> None:
        if not self.principal.owns(self.namespace.account_id):
            raise NamespaceNotFound(self.namespace.name)
