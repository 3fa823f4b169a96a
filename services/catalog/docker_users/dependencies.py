"""The permissions to view and to change a Docker user, as parameters of a route."""

from typing import Annotated

from fastapi import Depends

from libs.common.db.engine import Tx
from libs.common.web.authentication import Authenticated, SignedIn
from services.catalog.docker_users import usecases
from services.catalog.docker_users.domain import DockerUserOwner


async def _docker_user_owner(tx: Tx, principal: Authenticated, username: str) -> DockerUserOwner:
    return await usecases.get_docker_user_owner(tx=tx, principal=principal, username=username)


async def _signed_in_owner(tx: Tx, principal: SignedIn, username: str) -> DockerUserOwner:
    return await usecases.get_docker_user_owner(tx=tx, principal=principal, username=username)


OwnedDockerUser = Annotated[DockerUserOwner, Depends(_docker_user_owner)]
"""A route's parameter: the Docker user in the path, which the principal owns (else 404)."""

ManageableDockerUser = Annotated[DockerUserOwner, Depends(_signed_in_owner)]
"""The same for a caller who signed in with a password; an API key gets a 403.

A Docker user is a credential that outlives the key (spec 4).
"""
