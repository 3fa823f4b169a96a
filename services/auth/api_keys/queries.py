"""SQL of API keys."""

import uuid
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest, Sort, fetch_page
from services.auth.api_keys.domain import ApiKey
from services.auth.tables import api_keys
from services.auth.views import credentials

_k = api_keys.c
_columns = (
    _k.id,
    credentials.c.username,
    _k.name,
    _k.permission,
    _k.created_at,
    _k.expires_at,
    _k.last_used_at,
    _k.last_used_from,
)
_BY_TIME = Sort("-created_at", (_k.created_at, _k.id))


async def count(tx: Tx, *, account_id: int) -> int:
    """Return how many keys the account has, expired ones included."""
    statement = sa.select(sa.func.count()).where(_k.account_id == account_id)
    return int((await tx.execute(statement)).scalar_one())


async def insert(tx: Tx, *, key: ApiKey, account_id: int, secret_hash: bytes) -> bool:
    """Store a new key under the current version of the account's credential.

    Return False if the account has been deleted or disabled in the meantime.
    """
    owner = sa.select(
        sa.literal(key.id, sa.Uuid),
        credentials.c.id,
        credentials.c.credential_version,
        sa.literal(key.name),
        sa.literal(key.permission),
        sa.literal(secret_hash, sa.LargeBinary),
        sa.literal(key.created_at, sa.TIMESTAMP(timezone=True)),
        sa.literal(key.expires_at, sa.TIMESTAMP(timezone=True)),
    ).where(
        credentials.c.kind == "account", credentials.c.id == account_id, ~credentials.c.disabled
    )
    names = [
        "id",
        "account_id",
        "credential_version",
        "name",
        "permission",
        "secret_hash",
        "created_at",
        "expires_at",
    ]
    return (await tx.execute(api_keys.insert().from_select(names, owner))).rowcount == 1


def _select() -> sa.Select[Any]:
    owner = sa.and_(credentials.c.kind == "account", credentials.c.id == _k.account_id)
    return sa.select(*_columns).join_from(api_keys, credentials, owner)


async def list_page(tx: Tx, *, account: str | None, page: PageRequest) -> Page[ApiKey]:
    """Return the keys of ``account``, or of every account if it is None, newest first."""
    statement = _select()
    if account is not None:
        statement = statement.where(credentials.c.username == account)
    return await fetch_page(
        tx, statement, sort=_BY_TIME, page=page, of=lambda row: ApiKey(*row[: len(_columns)])
    )


async def find(tx: Tx, *, id: uuid.UUID) -> ApiKey | None:
    """Return the key with this id, of any account."""
    row = (await tx.execute(_select().where(_k.id == id))).one_or_none()
    return None if row is None else ApiKey(*row)


async def delete(tx: Tx, *, id: uuid.UUID) -> None:
    """Delete a key."""
    await tx.execute(api_keys.delete().where(_k.id == id))


async def delete_ended(tx: Tx) -> None:
    """Delete the keys that expired a month ago. Until then, the list shows why one is refused."""
    await tx.execute(api_keys.delete().where(_k.expires_at < sa.func.now() - timedelta(days=30)))
