"""Lookup of sessions and API keys in ``auth.principals``, a view that auth publishes."""

import uuid

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.security.principals import Principal
from libs.common.security.secrets import hash_of

principals = sa.Table(
    "principals",
    sa.MetaData(schema="auth"),
    sa.Column("kind", sa.Text),
    sa.Column("id", sa.Uuid),
    sa.Column("account_id", sa.BigInteger),
    sa.Column("username", sa.Text),
    sa.Column("role", sa.Text),
    sa.Column("permission", sa.Text),
    sa.Column("secret_hash", sa.LargeBinary),
    sa.Column("name", sa.Text),
)

_ended_api_keys = sa.Table(
    "ended_api_keys",
    sa.MetaData(schema="auth"),
    sa.Column("id", sa.Uuid),
    sa.Column("secret_hash", sa.LargeBinary),
    sa.Column("account_id", sa.BigInteger),
)


async def find_session(
    tx: AsyncConnection, *, id: uuid.UUID, client_address: str
) -> Principal | None:
    """Return the account of the session ``id``, or None if the session has ended."""
    return await _find(tx, client_address, principals.c.kind == "session", principals.c.id == id)


async def find_api_key(
    tx: AsyncConnection, *, secret: str, client_address: str
) -> Principal | None:
    """Return the account of the API key ``secret``, or None if it is unknown or has expired."""
    return await _find(
        tx,
        client_address,
        principals.c.kind == "api_key",
        principals.c.secret_hash == hash_of(secret),
    )


async def find_ended_api_key(
    tx: AsyncConnection, *, secret: str
) -> tuple[uuid.UUID | None, int | None]:
    """Return the ids of an API key that has ended and of its account; None, None if unknown."""
    k = _ended_api_keys.c
    statement = sa.select(k.id, k.account_id).where(k.secret_hash == hash_of(secret))
    row = (await tx.execute(statement)).one_or_none()
    return (None, None) if row is None else (row.id, row.account_id)


async def _find(
    tx: AsyncConnection, client_address: str, *conditions: sa.ColumnElement[bool]
) -> Principal | None:
    p = principals.c
    row = (
        await tx.execute(
            sa.select(p.kind, p.id, p.account_id, p.username, p.role, p.permission, p.name).where(
                *conditions
            )
        )
    ).one_or_none()
    return None if row is None else Principal(*row[:6], client_address, row.name)
