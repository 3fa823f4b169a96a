"""The permissions to read and to change a repository, as a route's parameters."""

from typing import Annotated

from fastapi import Depends

from libs.common.db.engine import Tx
from libs.common.web.authentication import Authenticated
from services.catalog.repositories import usecases
from services.catalog.repositories.domain import RepositoryOwner, RepositoryReader


async def _repository_reader(
    tx: Tx, principal: Authenticated, namespace: str, repository: str
) -> RepositoryReader:
    return await usecases.get_repository_reader(
        tx=tx, principal=principal, namespace=namespace, name=repository
    )


async def _repository_owner(
    tx: Tx, principal: Authenticated, namespace: str, repository: str
) -> RepositoryOwner:
    return await usecases.get_repository_owner(
        tx=tx, principal=principal, namespace=namespace, name=repository
    )


ReadableRepository = Annotated[RepositoryReader, Depends(_repository_reader)]
"""A route's parameter: the repository in the path, which the principal can read (else 404)."""

OwnedRepository = Annotated[RepositoryOwner, Depends(_repository_owner)]
"""A route's parameter: the repository in the path, which the principal can change (else 404)."""
