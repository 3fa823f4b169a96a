"""The permission to change a namespace, as a route's parameter."""

from typing import Annotated

from fastapi import Depends

from libs.common.db.engine import Tx
from libs.common.web.authentication import Authenticated
from services.catalog.namespaces import usecases
from services.catalog.namespaces.domain import NamespaceOwner


async def _namespace_owner(tx: Tx, principal: Authenticated, namespace: str) -> NamespaceOwner:
    return await usecases.get_namespace_owner(tx=tx, principal=principal, name=namespace)


OwnedNamespace = Annotated[NamespaceOwner, Depends(_namespace_owner)]
"""A route's parameter: the namespace in the path, which the principal can change (else 404)."""
