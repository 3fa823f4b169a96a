"""Repositories: ``namespace/name``, created over the API or by a first push."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from libs.common.security.principals import Principal
from libs.common.web.errors import Conflict, NotFound
from services.catalog.namespaces.domain import Visibility

Status = Literal["empty", "active", "deleting"]
View = Literal["own", "shared", "public"]
"""Lists of repositories: the account's own, those shared with it by grants, and all public ones."""
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
    """A repository with its counters. ``visibility`` and ``account_id`` are its namespace's."""

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
        """The name in the registry's API (OCI distribution spec, "Pull")."""
        return f"{self.namespace}/{self.name}"

    def check_not_deleting(self) -> None:
        """Raise RepositoryDeleting if the repository is being deleted."""
        if self.status == "deleting":
            raise RepositoryDeleting(self.path)

    def needs_share(self, principal: Principal) -> bool:
        """Return whether ``principal`` can read the repository only if a grant shares it."""
        return self.visibility != "public" and not principal.owns(self.account_id)


@dataclass(frozen=True, slots=True)
class RepositoryDetail(Repository):
    """A repository with the bytes of its images, each blob and manifest once."""

    storage_used_bytes: int


class RepositoryNotFound(NotFound):
    """No repository has this path, or the principal cannot see it."""

    def __init__(self, path: str) -> None:
        super().__init__(f"There is no repository {path!r}.")


class RepositoryTaken(Conflict):
    """Another repository has this path."""

    code, title = "repository_taken", "The repository name is taken; choose another one"

    def __init__(self, path: str) -> None:
        super().__init__(f"The repository {path!r} already exists. Choose another name.")


class RepositoryDeleting(Conflict):
    """The operation is not possible because the repository is being deleted."""

    code = "repository_deleting"
    title = "The repository is being deleted with all its images; you need not delete them yourself"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"The repository {path!r} is being deleted. Its images are deleted with it: nothing is "
            "left to do."
        )


@dataclass(frozen=True, slots=True)
class RepositoryReader:
    """A principal with a repository that it can read (spec 2.10).

    It can read a repository that it can change, a public one, and a shared one. ``is_shared`` says
    whether the namespace has a grant for a Docker user of the principal's account.

    Raises:
        RepositoryNotFound: the principal cannot read it. The error does not reveal its existence.
    """

    principal: Principal
    repository: Repository
    is_shared: bool = False

    def __post_init__(self) -> None:
        if self.repository.needs_share(self.principal) and not self.is_shared:
            raise RepositoryNotFound(self.repository.path)


@dataclass(frozen=True, slots=True)
class RepositoryOwner(RepositoryReader):
    """A principal with a repository that it can change.

    A member can change the repositories of its account, an administrator all of them.

    Raises:
        RepositoryNotFound: the principal cannot change it. The error does not reveal its existence.
    """

    def __post_init__(self) -> None:
        if not self.principal.owns(self.repository.account_id):
            raise RepositoryNotFound(self.repository.path)


def as_owner(reader: RepositoryReader) -> RepositoryOwner:
    """Return ``reader`` as an owner. Raises RepositoryNotFound if it can only read."""
    return RepositoryOwner(reader.principal, reader.repository)


def owner_to_list(view: View, *, principal: Principal, account_id: int | None) -> int | None:
    """Return the id of the account whose repositories ``view`` lists; None stands for all.

    ``account_id`` is the account that the request names. Repositories shared with an account belong
    to other accounts. A member lists the public repositories of all accounts, and an administrator
    can restrict the list to one account.
    """
    if view == "own" or (view == "public" and principal.is_admin):
        return account_id
    return None
