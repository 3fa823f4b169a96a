"""Make, list and end API keys."""

import uuid
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.db import audit
from libs.common.db.pagination import Found
from libs.common.security.secrets import hash_of, new_secret
from libs.common.web.errors import Unauthenticated
from libs.common.web.pagination import PageRequest
from libs.common.web.principals import KEY_PREFIX, Principal
from services.auth.api_keys import queries
from services.auth.api_keys.domain import ApiKey, KeyOwner, Permission
from services.auth.tables import audit_entries


async def create_api_key(
    *,
    tx: AsyncConnection,
    principal: Principal,
    name: str,
    permission: Permission,
    expires_at: datetime | None,
) -> tuple[ApiKey, str]:
    """A new key of the caller's account, and its secret, of which nothing but a hash is kept. Raises Unauthenticated."""
    secret = new_secret(KEY_PREFIX)
    key = ApiKey(
        uuid.uuid4(),
        principal.username,
        name,
        permission,
        datetime.now(UTC),
        expires_at,
        None,
        None,
    )
    if not await queries.insert(
        tx, key=key, account_id=principal.account_id, secret_hash=hash_of(secret)
    ):
        raise Unauthenticated
    await _audit(tx, "api_key.create", principal, key)
    return key, secret


async def list_api_keys(
    *, tx: AsyncConnection, account: str | None, page: PageRequest
) -> Found[ApiKey]:
    """The keys of ``account`` (None: of all), newest first."""
    return await queries.list_page(tx, account=account, page=page)


async def delete_api_key(*, tx: AsyncConnection, actor: KeyOwner) -> None:
    """End a key."""
    await queries.delete(tx, id=actor.key.id)
    await _audit(tx, "api_key.delete", actor.principal, actor.key)


async def _audit(tx: AsyncConnection, action: str, principal: Principal, key: ApiKey) -> None:
    target = f"api-keys/{key.id}"
    await audit.append(
        tx,
        audit_entries,
        audit.AuditEntry(
            action, target, principal.account_id, principal.username, principal.client_address
        ),
    )
