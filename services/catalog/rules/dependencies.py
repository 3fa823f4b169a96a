"""The namespace or repository whose rules are changed, as a parameter of the routes."""

from typing import Annotated

from fastapi import Depends, Request

from libs.common.db.engine import Engine
from libs.common.web.authentication import Proof, authenticate
from services.catalog.namespaces.domain import NamespaceOwner
from services.catalog.namespaces.usecases import get_namespace_owner
from services.catalog.repositories.domain import RepositoryOwner
from services.catalog.repositories.usecases import get_repository_owner


async def _namespace_to_rule(
    engine: Engine, request: Request, proof: Proof, namespace: str
) -> NamespaceOwner:
    async with engine.connect() as tx:
        principal = await authenticate(tx, request, proof)
        return await get_namespace_owner(tx=tx, principal=principal, name=namespace)


async def _repository_to_rule(
    engine: Engine, request: Request, proof: Proof, namespace: str, repository: str
) -> RepositoryOwner:
    async with engine.connect() as tx:
        principal = await authenticate(tx, request, proof)
        return await get_repository_owner(
            tx=tx, principal=principal, namespace=namespace, name=repository
        )


NamespaceToRule = Annotated[NamespaceOwner, Depends(_namespace_to_rule)]
"""A route's parameter: as ``OwnedNamespace``, but its transaction ends before the route runs.

A change of rules waits for pushes, and must not hold a transaction open meanwhile.
"""

RepositoryToRule = Annotated[RepositoryOwner, Depends(_repository_to_rule)]
"""A route's parameter: as ``OwnedRepository``, but its transaction ends before the route runs."""
