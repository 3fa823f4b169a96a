"""Create, list, and revoke access tokens. Logins are listed and revoked with them."""

import uuid
from datetime import UTC, datetime

from libs.common.db import audit
from libs.common.db.changes import Changes, created, deleted
from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest
from libs.common.security.secrets import hash_of, new_secret
from libs.common.web.errors import LimitReached
from services.auth.access_tokens import queries
from services.auth.access_tokens.domain import (
    PREFIX,
    ListedToken,
    NewToken,
    NoSuchToken,
    OwnedDockerUser,
    TokenPermission,
)
from services.auth.credentials import queries as credentials
from services.auth.tables import audit_entries


async def create_token(
    *,
    tx: Tx,
    actor: OwnedDockerUser,
    name: str,
    permission: TokenPermission,
    expires_at: datetime | None,
    max_tokens: int,
) -> NewToken:
    """Create an access token of the Docker user; None as ``expires_at`` means never.

    Raises:
        LimitReached: the Docker user has ``max_tokens`` access tokens.
    """
    user = actor.docker_user
    await credentials.lock(tx, kind="docker_user", id=user.id)
    if await queries.count(tx, docker_user_id=user.id) >= max_tokens:
        raise LimitReached(
            f"The Docker user {user.username!r}",
            "access tokens",
            limit=max_tokens,
            setting="AUTH_MAX_ACCESS_TOKENS",
        )
    token = NewToken(
        id=uuid.uuid4(),
        kind="access",
        name=name,
        permission=permission,
        created_at=datetime.now(UTC),
        expires_at=expires_at,
        last_used_at=None,
        last_used_from=None,
        secret=new_secret(PREFIX),
    )
    await queries.insert(tx, token=token, docker_user_id=user.id, secret_hash=hash_of(token.secret))
    changes = created(name=name, permission=permission, expires_at=expires_at)
    await _audit(tx, "token.create", actor, token.id, changes)
    return token


async def list_tokens(*, tx: Tx, actor: OwnedDockerUser, page: PageRequest) -> Page[ListedToken]:
    """Return the access tokens and current logins of the Docker user, newest first."""
    user = actor.docker_user
    return await queries.list_page(tx, docker_user_id=user.id, version=user.version, page=page)


async def delete_token(*, tx: Tx, actor: OwnedDockerUser, id: uuid.UUID) -> None:
    """Revoke an access token together with its logins, or one login.

    Raises:
        NoSuchToken: the Docker user has neither.
    """
    user_id = actor.docker_user.id
    name = await queries.delete_access_token(tx, docker_user_id=user_id, id=id)
    if name is None:
        name = await queries.delete_login(tx, docker_user_id=user_id, id=id)
    if name is None:
        raise NoSuchToken
    await _audit(tx, "token.delete", actor, id, deleted(name=name))


async def _audit(
    tx: Tx, action: str, actor: OwnedDockerUser, id: uuid.UUID, changes: Changes
) -> None:
    entry = audit.entry_by(
        actor.principal,
        action=action,
        target=f"docker-users/{actor.docker_user.username}/tokens/{id}",
        owner_id=actor.docker_user.account_id,
        changes=changes,
    )
    await audit.append(tx, audit_entries, entry)
