"""The permission to change a Docker user, as a route's parameter."""

from typing import Annotated

from fastapi import Depends

from libs.common.db.engine import Tx
from libs.common.web.authentication import Authenticated
from services.catalog.docker_users import usecases
from services.catalog.docker_users.domain import DockerUserOwner


async def _docker_user_owner(tx: Tx, principal: Authenticated, username: str) -> DockerUserOwner:
    return await usecases.get_docker_user_owner(tx=tx, principal=principal, username=username)


OwnedDockerUser = Annotated[DockerUserOwner, Depends(_docker_user_owner)]
"""A route's parameter: the Docker user in the path, which the principal can change (else 404)."""
