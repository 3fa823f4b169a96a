"""Dependencies of the DELETE routes: the registry, and the repository to delete from."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from libs.common.db.engine import Engine
from libs.common.registry.client import Registry
from libs.common.web import problems
from libs.common.web.authentication import Proof, authenticate
from libs.common.web.errors import Unavailable
from libs.common.web.provided import provided
from services.catalog.repositories.domain import RepositoryOwner
from services.catalog.repositories.usecases import get_repository_owner


class RegistryUnreachable(Unavailable):
    """The registry does not answer."""

    code, title = "registry_unavailable", "The registry does not respond; try again later"


async def respond_registry_unavailable(_: Request, __: Exception) -> Response:
    """Handle ``libs.common.registry.client.RegistryUnavailable`` with a 503."""
    return problems.of_error(RegistryUnreachable())


RegistryClient = Annotated[Registry, Depends(provided(Registry))]
"""A route's parameter: the client of the registry."""


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
