"""Which Docker users' tokens a principal may read and manage."""

from typing import Annotated

from fastapi import Depends

from libs.common.db.engine import Tx
from libs.common.registry.names import is_username
from libs.common.security.principals import Principal
from libs.common.web.authentication import Authenticated, SignedIn
from libs.common.web.provided import provided
from services.auth.access_tokens.domain import NoSuchDockerUser, OwnedDockerUser
from services.auth.credentials.queries import find_by_username
from services.auth.settings import Settings


async def _get_owned(tx: Tx, principal: Principal, username: str) -> OwnedDockerUser:
    user = (
        await find_by_username(tx, kind="docker_user", username=username)
        if is_username(username)
        else None
    )
    if user is None or not principal.owns(user.account_id):
        raise NoSuchDockerUser
    return OwnedDockerUser(principal, user)


async def _get_readable(tx: Tx, principal: Authenticated, username: str) -> OwnedDockerUser:
    return await _get_owned(tx, principal, username)


async def _get_manageable(tx: Tx, principal: SignedIn, username: str) -> OwnedDockerUser:
    return await _get_owned(tx, principal, username)


ReadableDockerUser = Annotated[OwnedDockerUser, Depends(_get_readable)]
"""A route's parameter: a Docker user of the caller, or any for an administrator; else a 404."""

ManageableDockerUser = Annotated[OwnedDockerUser, Depends(_get_manageable)]
"""The same for a caller who signed in with a password; an API key gets a 403."""


def _get_max_tokens(settings: Annotated[Settings, Depends(provided(Settings))]) -> int:
    return settings.max_access_tokens


MaxTokens = Annotated[int, Depends(_get_max_tokens)]
"""A route's parameter: how many access tokens a Docker user can have."""
