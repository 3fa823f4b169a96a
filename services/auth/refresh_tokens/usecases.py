"""Issues refresh tokens."""

import uuid
from datetime import UTC, datetime, timedelta

from libs.common.db.engine import Engine
from libs.common.security.secrets import hash_of, new_secret
from services.auth.access.domain import Permission
from services.auth.credentials.domain import Credential
from services.auth.refresh_tokens import queries
from services.auth.refresh_tokens.domain import (
    MAX_CLIENT_ID_CHARACTERS,
    MAX_PER_DOCKER_USER,
    PREFIX,
    RefreshToken,
    expiry,
)


async def create_refresh_token(
    *,
    engine: Engine,
    docker_user: Credential,
    max_permission: Permission,
    access_token_id: uuid.UUID | None,
    access_token_expires_at: datetime | None,
    service: str,
    lifetime: timedelta,
    client_id: str,
) -> str | None:
    """Store the hash of a new refresh token and return its secret.

    Return None if the access token ``access_token_id`` has been revoked in the meantime.
    """
    secret = new_secret(PREFIX)
    token = RefreshToken(
        id=uuid.uuid4(),
        docker_user_id=docker_user.id,
        username=docker_user.username,
        version=docker_user.version,
        service=service,
        expires_at=expiry(
            now=datetime.now(UTC),
            lifetime=lifetime,
            access_token_expires_at=access_token_expires_at,
        ),
        max_permission=max_permission,
        access_token_id=access_token_id,
    )
    # PostgreSQL cannot store NUL in text
    stored_client_id = client_id[:MAX_CLIENT_ID_CHARACTERS].replace("\0", "")
    async with engine.connect() as tx:
        if not await queries.insert(
            tx, token=token, token_hash=hash_of(secret), client_id=stored_client_id
        ):
            return None
        await queries.delete_beyond(tx, docker_user_id=docker_user.id, limit=MAX_PER_DOCKER_USER)
        await tx.commit()
    return secret
