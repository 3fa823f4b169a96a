"""Which namespaces' access a principal may have explained."""

from typing import Annotated

from fastapi import Depends, Query

from libs.common.db.engine import Tx
from libs.common.registry.names import split_repository
from libs.common.web.authentication import Authenticated
from libs.common.web.errors import Invalid
from services.auth.access.domain import NoSuchNamespace, OwnedNamespace
from services.auth.access.queries import find_namespace

RepositoryPath = Annotated[
    str, Query(max_length=255, description="`{namespace}/{name}`", examples=["team/app"])
]


async def _get_owned_namespace(
    tx: Tx, principal: Authenticated, repository: RepositoryPath
) -> OwnedNamespace:
    parts = split_repository(repository)
    if parts is None:
        raise Invalid("repository", "must be `{namespace}/{name}`, in lower case")
    namespace = await find_namespace(tx, name=parts[0])
    if namespace is None or not principal.owns(namespace.account_id):
        raise NoSuchNamespace
    return OwnedNamespace(principal, namespace)


ExplainedNamespace = Annotated[OwnedNamespace, Depends(_get_owned_namespace)]
"""A route's parameter: the repository's namespace if the caller owns it, or is an administrator."""
