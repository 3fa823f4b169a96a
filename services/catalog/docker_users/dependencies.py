"""Who may change a Docker user, as a type of a route's parameter."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from libs.common.db.engine import Tx
from libs.common.registry.names import is_username
from libs.common.security.principals import Principal
from libs.common.web.authentication import Authenticated
from libs.common.web.errors import NotFound
from services.catalog.docker_users import queries as docker_users
from services.catalog.docker_users.domain import DockerUser


@dataclass(frozen=True, slots=True)
class DockerUserOwner:
    """An account, or an administrator, with a Docker user that it may change."""

    principal: Principal
    docker_user: DockerUser


async def _docker_user_owner(tx: Tx, principal: Authenticated, username: str) -> DockerUserOwner:
    found = (
        await docker_users.find_docker_user(tx, username=username)
        if is_username(username)
        else None
    )
    if found is None or not principal.owns(found.account_id):
        raise NotFound(f"There is no Docker user {username!r}")
    return DockerUserOwner(principal, found)


OwnedDockerUser = Annotated[DockerUserOwner, Depends(_docker_user_owner)]
