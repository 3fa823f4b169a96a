"""Make, list and end API keys."""

import uuid
from datetime import UTC, datetime

from libs.common.db import audit
from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest
from libs.common.security.principals import Principal
from libs.common.security.secrets import hash_of, new_secret
from libs.common.web.authentication import KEY_PREFIX
from libs.common.web.errors import Unauthenticated
from services.auth.api_keys import queries
from services.auth.api_keys.domain import ApiKey, KeyOwner, Permission
from services.auth.tables import audit_entries


async def create_api_key(
    *,
    tx: Tx,
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


async def list_api_keys(*, tx: Tx, account: str | None, page: PageRequest) -> Page[ApiKey]:
    """The keys of ``account`` (None: of all), newest first."""
    return await queries.list_page(tx, account=account, page=page)


async def delete_api_key(*, tx: Tx, actor: KeyOwner) -> None:
    """End a key."""
    await queries.delete(tx, id=actor.key.id)
    await _audit(tx, "api_key.delete", actor.principal, actor.key)


async def _audit(tx: Tx, action: str, principal: Principal, key: ApiKey) -> None:
    target = f"api-keys/{key.id}"
    await audit.append(
        tx,
        audit_entries,
        audit.AuditEntry(
            action, target, principal.account_id, principal.username, principal.client_address
        ),
    )
