"""The repository to delete from, as a parameter of the DELETE routes."""

from typing import Annotated

from fastapi import Depends, Request

from libs.common.db.engine import Engine
from libs.common.web.authentication import Proof, authenticate
from services.catalog.repositories.domain import RepositoryOwner
from services.catalog.repositories.usecases import get_repository_owner


async def _repository_to_delete_from(
    engine: Engine, request: Request, proof: Proof, namespace: str, repository: str
) -> RepositoryOwner:
    async with engine.connect() as tx:
        principal = await authenticate(tx, request, proof)
        return await get_repository_owner(
            tx=tx, principal=principal, namespace=namespace, name=repository
        )


RepositoryToDeleteFrom = Annotated[RepositoryOwner, Depends(_repository_to_delete_from)]
"""A route's parameter: as ``OwnedRepository``, but its transaction ends before the route runs.

A route that calls the registry must not hold a transaction open meanwhile.
"""
