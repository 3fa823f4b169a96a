"""Make, list and revoke access tokens; logins are listed and revoked in the same place."""

import uuid
from datetime import UTC, datetime

from libs.common.db import audit
from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest
from libs.common.security.secrets import hash_of, new_secret
from services.auth.access_tokens import queries
from services.auth.access_tokens.domain import (
    PREFIX,
    Ceiling,
    DockerUserOwner,
    ListedToken,
    NoSuchToken,
)
from services.auth.tables import audit_entries


async def create_token(
    *,
    tx: Tx,
    actor: DockerUserOwner,
    name: str,
    permission: Ceiling,
    expires_at: datetime | None,
) -> tuple[ListedToken, str]:
    """A new access token, and its secret, of which nothing but a hash is kept."""
    secret = new_secret(PREFIX)
    token = ListedToken(
        uuid.uuid4(), "access", name, permission, datetime.now(UTC), expires_at, None, None
    )
    await queries.insert(
        tx, token=token, docker_user_id=actor.docker_user.id, secret_hash=hash_of(secret)
    )
    await _audit(tx, "token.create", actor, token.id)
    return token, secret


async def list_tokens(*, tx: Tx, actor: DockerUserOwner, page: PageRequest) -> Page[ListedToken]:
    """Access tokens and logins of the Docker user, newest first."""
    user = actor.docker_user
    return await queries.list_page(tx, docker_user_id=user.id, version=user.version, page=page)


async def delete_token(*, tx: Tx, actor: DockerUserOwner, id: uuid.UUID) -> None:
    """Revoke an access token, with the logins made by it, or one login. Raises NoSuchToken."""
    if not await queries.delete(tx, docker_user_id=actor.docker_user.id, id=id):
        raise NoSuchToken
    await _audit(tx, "token.delete", actor, id)


async def _audit(tx: Tx, action: str, actor: DockerUserOwner, id: uuid.UUID) -> None:
    who = actor.principal
    target = f"docker-users/{actor.docker_user.username}/tokens/{id}"
    await audit.append(
        tx,
        audit_entries,
        audit.AuditEntry(action, target, who.account_id, who.username, who.client_address),
    )
