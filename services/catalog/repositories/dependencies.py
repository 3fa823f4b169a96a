"""Who may view or change a repository, as a type of a route's parameter."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from libs.common.db.engine import Engine, Tx
from libs.common.registry.names import split_repository
from libs.common.security.principals import Principal
from libs.common.web.authentication import Authenticated, Proof, authenticate
from libs.common.web.errors import NotFound
from services.catalog.namespaces import queries as namespaces
from services.catalog.repositories import queries as repositories
from services.catalog.repositories.domain import Repository


@dataclass(frozen=True, slots=True)
class RepositoryReader:
    """An account with a repository that it may look at: its own, a public one, or one that others shared (spec 2.10)."""

    principal: Principal
    repository: Repository


@dataclass(frozen=True, slots=True)
class RepositoryOwner(RepositoryReader):
    """An account, or an administrator, with a repository that it may change."""


async def _repository_reader(
    tx: Tx, principal: Authenticated, namespace: str, repository: str
) -> RepositoryReader:
    found = await _find_repository(tx, namespace, repository)
    if found is None or not (
        principal.owns(found.account_id)
        or found.visibility == "public"
        or await namespaces.is_shared_with(
            tx, namespace_id=found.namespace_id, account_id=principal.account_id
        )
    ):
        raise NotFound(f"There is no repository '{namespace}/{repository}'")
    return RepositoryReader(principal, found)


async def _repository_owner(
    tx: Tx, principal: Authenticated, namespace: str, repository: str
) -> RepositoryOwner:
    found = await _find_repository(tx, namespace, repository)
    if found is None or not principal.owns(found.account_id):
        raise NotFound(f"There is no repository '{namespace}/{repository}'")
    return RepositoryOwner(principal, found)


async def _repository_to_delete_from(
    engine: Engine, request: Request, proof: Proof, namespace: str, repository: str
) -> RepositoryOwner:
    """As an owned repository, but with a transaction of its own: none is open while the registry is asked."""
    async with engine.connect() as tx:
        return await _repository_owner(
            tx, await authenticate(tx, request, proof), namespace, repository
        )


def as_owner(reader: RepositoryReader) -> RepositoryOwner:
    """``reader`` as the one who may change the repository, too. Raises NotFound."""
    if not reader.principal.owns(reader.repository.account_id):
        raise NotFound(f"There is no repository '{reader.repository.path}'")
    return RepositoryOwner(reader.principal, reader.repository)


async def _find_repository(tx: Tx, namespace: str, repository: str) -> Repository | None:
    if split_repository(f"{namespace}/{repository}") is None:
        return None
    return await repositories.find_repository(tx, namespace=namespace, name=repository)


ReadableRepository = Annotated[RepositoryReader, Depends(_repository_reader)]
OwnedRepository = Annotated[RepositoryOwner, Depends(_repository_owner)]
RepositoryToDeleteFrom = Annotated[RepositoryOwner, Depends(_repository_to_delete_from)]
