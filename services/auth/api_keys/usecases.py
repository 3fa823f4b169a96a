"""Create, list, and delete API keys."""

import uuid
from datetime import UTC, datetime

from libs.common.db import audit
from libs.common.db.changes import Changes, created, deleted
from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest
from libs.common.security.principals import Principal
from libs.common.security.secrets import hash_of, new_secret
from libs.common.web.authentication import KEY_PREFIX
from libs.common.web.errors import LimitReached, Unauthenticated
from services.auth.api_keys import queries
from services.auth.api_keys.domain import ApiKey, NewApiKey, OwnedApiKey, Permission
from services.auth.credentials import queries as credentials
from services.auth.tables import audit_entries


async def create_api_key(
    *,
    tx: Tx,
    principal: Principal,
    name: str,
    permission: Permission,
    expires_at: datetime | None,
    max_keys: int,
) -> NewApiKey:
    """Create an API key of the caller's account; None as ``expires_at`` means never.

    Raises:
        LimitReached: the account has ``max_keys`` keys.
        Unauthenticated: the account has been deleted or disabled in the meantime.
    """
    await credentials.lock(tx, kind="account", id=principal.account_id)
    if await queries.count(tx, account_id=principal.account_id) >= max_keys:
        raise LimitReached("The account", "API keys", limit=max_keys, setting="AUTH_MAX_API_KEYS")
    key = NewApiKey(
        id=uuid.uuid4(),
        account=principal.username,
        name=name,
        permission=permission,
        created_at=datetime.now(UTC),
        expires_at=expires_at,
        last_used_at=None,
        last_used_from=None,
        secret=new_secret(KEY_PREFIX),
    )
    if not await queries.insert(
        tx, key=key, account_id=principal.account_id, secret_hash=hash_of(key.secret)
    ):
        raise Unauthenticated
    changes = created(name=name, permission=permission, expires_at=expires_at)
    await _audit(tx, "api_key.create", principal, key, principal.account_id, changes)
    return key


async def list_api_keys(*, tx: Tx, account: str | None, page: PageRequest) -> Page[ApiKey]:
    """Return the keys of ``account``, or of every account if it is None, newest first."""
    return await queries.list_page(tx, account=account, page=page)


async def delete_api_key(*, tx: Tx, actor: OwnedApiKey) -> None:
    """Delete a key, which ends it at once."""
    await queries.delete(tx, id=actor.key.id)
    account = await credentials.find_by_username(tx, kind="account", username=actor.key.account)
    owner_id = account.account_id if account else None
    changes = deleted(name=actor.key.name, permission=actor.key.permission)
    await _audit(tx, "api_key.delete", actor.principal, actor.key, owner_id, changes)


async def _audit(
    tx: Tx,
    action: str,
    principal: Principal,
    key: ApiKey,
    owner_id: int | None,
    changes: Changes,
) -> None:
    entry = audit.entry_by(
        principal,
        action=action,
        target=f"api-keys/{key.id}",
        owner_id=owner_id,
        changes=changes,
    )
    await audit.append(tx, audit_entries, entry)
