"""The target of a copy, and what copies, as parameters of a route."""

from typing import Annotated

from fastapi import Depends, Request

from libs.common.db.engine import Engine
from libs.common.web.authentication import Proof, authenticate
from libs.common.web.provided import provided
from services.catalog.copying.usecases import Copier
from services.catalog.namespaces.domain import NamespaceOwner
from services.catalog.namespaces.usecases import get_namespace_owner


async def _namespace_to_copy_to(
    engine: Engine, request: Request, proof: Proof, namespace: str
) -> NamespaceOwner:
    async with engine.connect() as tx:
        principal = await authenticate(tx, request, proof)
        return await get_namespace_owner(tx=tx, principal=principal, name=namespace)


NamespaceToCopyTo = Annotated[NamespaceOwner, Depends(_namespace_to_copy_to)]
"""A route's parameter: as ``OwnedNamespace``, but its transaction ends before the route runs.

A route that calls the registry must not hold a transaction open meanwhile.
"""

CopierOfApp = Annotated[Copier, Depends(provided(Copier))]
"""A route's parameter: copies images."""
