"""Who may change a namespace, as a type of a route's parameter."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from libs.common.db.engine import Tx
from libs.common.registry.names import is_namespace
from libs.common.security.principals import Principal
from libs.common.web.authentication import Authenticated
from libs.common.web.errors import NotFound
from services.catalog.namespaces import queries as namespaces
from services.catalog.namespaces.domain import Namespace


@dataclass(frozen=True, slots=True)
class NamespaceOwner:
    """An account, or an administrator, with a namespace that it may change."""

    principal: Principal
    namespace: Namespace


async def get_namespace_owner(tx: Tx, principal: Authenticated, namespace: str) -> NamespaceOwner:
    """``principal`` with the namespace of that name. Raises NotFound unless it may change it."""
    found = await namespaces.find_namespace(tx, name=namespace) if is_namespace(namespace) else None
    if found is None or not principal.owns(found.account_id):
        raise NotFound(f"There is no namespace {namespace!r}")
    return NamespaceOwner(principal, found)


OwnedNamespace = Annotated[NamespaceOwner, Depends(get_namespace_owner)]
