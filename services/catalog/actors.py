"""Who acts, as types: a use case that asks for a ``NamespaceOwner`` cannot be called by anyone else.

A route gets one by its parameter's type. What a principal may not see is a 404 like what does not exist (spec 4).
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from libs.common.db import Engine, Tx
from libs.common.errors import Forbidden, NotFound
from libs.common.fields import Filter
from libs.common.names import is_namespace, is_username, split_repository
from libs.common.principals import Authenticated, Principal, Proof, authenticate
from services.catalog.docker_users import queries as docker_users
from services.catalog.docker_users.domain import DockerUser
from services.catalog.namespaces import queries as namespaces
from services.catalog.namespaces.domain import Namespace
from services.catalog.repositories import queries as repositories
from services.catalog.repositories.domain import Repository


@dataclass(frozen=True, slots=True)
class NamespaceOwner:
    """An account, or an administrator, with a namespace that it may change."""

    principal: Principal
    namespace: Namespace


@dataclass(frozen=True, slots=True)
class DockerUserOwner:
    """An account, or an administrator, with a Docker user that it may change."""

    principal: Principal
    docker_user: DockerUser


@dataclass(frozen=True, slots=True)
class RepositoryReader:
    """An account with a repository that it may look at: its own, a public one, or one that others shared (spec 2.10)."""

    principal: Principal
    repository: Repository


@dataclass(frozen=True, slots=True)
class RepositoryOwner(RepositoryReader):
    """An account, or an administrator, with a repository that it may change."""


@dataclass(frozen=True, slots=True)
class Lister:
    """An account with what its lists hold: ``account`` names whose objects, None: everyone's (administrators only)."""

    principal: Principal
    account: str | None


async def get_namespace_owner(tx: Tx, principal: Authenticated, namespace: str) -> NamespaceOwner:
    """``principal`` with the namespace of that name. Raises NotFound unless it may change it."""
    found = await namespaces.find_namespace(tx, name=namespace) if is_namespace(namespace) else None
    if found is None or not _owns(principal, found.account_id):
        raise NotFound(f"There is no namespace {namespace!r}")
    return NamespaceOwner(principal, found)


async def _docker_user_owner(tx: Tx, principal: Authenticated, username: str) -> DockerUserOwner:
    found = await docker_users.find_docker_user(tx, username=username) if is_username(username) else None
    if found is None or not _owns(principal, found.account_id):
        raise NotFound(f"There is no Docker user {username!r}")
    return DockerUserOwner(principal, found)


async def _repository_reader(tx: Tx, principal: Authenticated, namespace: str, repository: str) -> RepositoryReader:
    found = await _find_repository(tx, namespace, repository)
    if found is None or not (
        _owns(principal, found.account_id)
        or found.visibility == "public"
        or await namespaces.is_shared_with(tx, namespace_id=found.namespace_id, account_id=principal.account_id)
    ):
        raise NotFound(f"There is no repository '{namespace}/{repository}'")
    return RepositoryReader(principal, found)


async def _repository_owner(tx: Tx, principal: Authenticated, namespace: str, repository: str) -> RepositoryOwner:
    found = await _find_repository(tx, namespace, repository)
    if found is None or not _owns(principal, found.account_id):
        raise NotFound(f"There is no repository '{namespace}/{repository}'")
    return RepositoryOwner(principal, found)


async def _repository_to_delete_from(engine: Engine, request: Request, proof: Proof, namespace: str, repository: str) -> RepositoryOwner:
    """As an owned repository, but with a transaction of its own: none is open while the registry is asked."""
    async with engine.connect() as tx:
        return await _repository_owner(tx, await authenticate(tx, request, proof), namespace, repository)


def as_owner(reader: RepositoryReader) -> RepositoryOwner:
    """``reader`` as the one who may change the repository, too. Raises NotFound."""
    if not _owns(reader.principal, reader.repository.account_id):
        raise NotFound(f"There is no repository '{reader.repository.path}'")
    return RepositoryOwner(reader.principal, reader.repository)


async def _find_repository(tx: Tx, namespace: str, repository: str) -> Repository | None:
    if split_repository(f"{namespace}/{repository}") is None:
        return None
    return await repositories.find_repository(tx, namespace=namespace, name=repository)


async def _lister(principal: Authenticated, account: Filter = None) -> Lister:
    """``account``: whose objects; administrators only."""
    if principal.is_admin:
        return Lister(principal, account)
    if account not in (None, principal.username):
        raise Forbidden("Only an administrator may list another account's objects")
    return Lister(principal, principal.username)


def _owns(principal: Principal, account_id: int) -> bool:
    return principal.is_admin or principal.account_id == account_id


OwnedNamespace = Annotated[NamespaceOwner, Depends(get_namespace_owner)]
OwnedDockerUser = Annotated[DockerUserOwner, Depends(_docker_user_owner)]
ReadableRepository = Annotated[RepositoryReader, Depends(_repository_reader)]
OwnedRepository = Annotated[RepositoryOwner, Depends(_repository_owner)]
RepositoryToDeleteFrom = Annotated[RepositoryOwner, Depends(_repository_to_delete_from)]
Listing = Annotated[Lister, Depends(_lister)]
