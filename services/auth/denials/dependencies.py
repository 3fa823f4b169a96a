"""Whose denials a principal may list."""

from typing import Annotated

from fastapi import Depends

from libs.common.db.engine import Tx
from libs.common.registry.names import is_namespace
from libs.common.web.authentication import Authenticated
from services.auth.access.domain import NoSuchNamespace, OwnedNamespace
from services.auth.access.queries import find_namespace


async def _get_listed(tx: Tx, principal: Authenticated, namespace: str) -> OwnedNamespace:
    found = await find_namespace(tx, name=namespace) if is_namespace(namespace) else None
    if found is None or not principal.owns(found.account_id):
        raise NoSuchNamespace
    return OwnedNamespace(principal, found)


ListedNamespace = Annotated[OwnedNamespace, Depends(_get_listed)]
"""A route's parameter: a namespace of the caller, or any for an administrator; else a 404."""
