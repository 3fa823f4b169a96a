"""SQL of accounts."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from libs.common.db.changes import Changes, update_row
from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest, Sort, fetch_page
from libs.common.registry.names import is_username
from services.catalog.accounts.domain import Account, AccountNotFound, NewQuota, Role
from services.catalog.tables import accounts, docker_users

_ACCOUNT: tuple[sa.ColumnElement[Any], ...] = (
    accounts.c.id,
    accounts.c.username,
    accounts.c.role,
    accounts.c.disabled,
    accounts.c.created_at,
    accounts.c.storage_quota_bytes,
)
_BY_USERNAME = Sort("username", (accounts.c.username,))


def _account(row: sa.Row[Any]) -> Account:
    return Account(
        row.id, row.username, row.role, row.disabled, row.created_at, row.storage_quota_bytes
    )


async def find_account(tx: Tx, *, username: str) -> Account | None:
    """Return the account ``username``, or None."""
    if not is_username(username):
        return None  # PostgreSQL rejects some texts, such as one with a NUL
    statement = sa.select(*_ACCOUNT).where(accounts.c.username == username)
    row = (await tx.execute(statement)).one_or_none()
    return _account(row) if row else None


async def get_account(tx: Tx, *, username: str) -> Account:
    """Return the account ``username``. Raises AccountNotFound."""
    account = await find_account(tx, username=username)
    if account is None:
        raise AccountNotFound(username)
    return account


async def list_accounts(tx: Tx, *, q: str | None, page: PageRequest) -> Page[Account]:
    """Return a page of all accounts by name; ``q`` is a part of the name."""
    statement = sa.select(*_ACCOUNT)
    if q:
        statement = statement.where(accounts.c.username.icontains(q, autoescape=True))
    return await fetch_page(tx, statement, sort=_BY_USERNAME, page=page, of=_account)


async def insert_account(
    tx: Tx,
    *,
    username: str,
    password_hash: str,
    role: Role,
    storage_quota_bytes: int | None = None,
) -> Account | None:
    """Insert an account and return it, or None if the username is taken."""
    values = {
        "username": username,
        "password_hash": password_hash,
        "role": role,
        "storage_quota_bytes": storage_quota_bytes,
    }
    statement = (
        insert(accounts)
        .values(values)
        .on_conflict_do_nothing(index_elements=["username"])
        .returning(*_ACCOUNT)
    )
    row = (await tx.execute(statement)).one_or_none()
    return _account(row) if row else None


async def lock_account(tx: Tx, *, account_id: int) -> None:
    """Lock the account until the transaction ends.

    Transactions that count the account's objects and add one take this lock first. They wait for
    each other, so that the count is still right when they add the object.
    """
    statement = sa.select(accounts.c.id).where(accounts.c.id == account_id)
    await tx.execute(statement.with_for_update(key_share=True))


async def lock_password_hash(tx: Tx, *, username: str) -> str:
    """Return the account's password hash, locked for the transaction. Raises AccountNotFound."""
    statement = (
        sa.select(accounts.c.password_hash)
        .where(accounts.c.username == username)
        .with_for_update(key_share=True)
    )
    password_hash: str | None = (await tx.execute(statement)).scalar_one_or_none()
    if password_hash is None:
        raise AccountNotFound(username)
    return password_hash


async def lock_administrators(tx: Tx) -> list[int]:
    """Return the ids of all administrators that are not disabled, and lock their rows."""
    statement = (
        sa.select(accounts.c.id)
        .where(accounts.c.role == "admin", ~accounts.c.disabled)
        .order_by(accounts.c.id)
    )
    return list((await tx.execute(statement.with_for_update())).scalars())


async def update_account(
    tx: Tx,
    *,
    account_id: int,
    disabled: bool | None = None,
    role: Role | None = None,
    password_hash: str | None = None,
    quota: NewQuota | None = None,
    ends_sessions: bool = False,
) -> Changes:
    """Set the values that are not None and return the changes of status, role, and quota.

    ``ends_sessions`` increments the credential version, with which sessions and API keys expire.
    Nothing deletes accounts, so the account exists.
    """
    given = {"disabled": disabled, "role": role, "password_hash": password_hash}
    values: dict[str, object] = {name: value for name, value in given.items() if value is not None}
    if ends_sessions:
        values["credential_version"] = accounts.c.credential_version + 1
    if quota is not None:
        values["storage_quota_bytes"] = quota.storage_quota_bytes
    shown = ("disabled", "role", "storage_quota_bytes")
    return await update_row(tx, accounts, id=account_id, values=values, shown=shown) or {}


async def end_docker_user_logins(tx: Tx, *, account_id: int) -> None:
    """Increment the credential version of the account's Docker users.

    Their refresh tokens stay invalid even if the account is enabled again.
    """
    values = {"credential_version": docker_users.c.credential_version + 1}
    await tx.execute(
        sa.update(docker_users).where(docker_users.c.account_id == account_id).values(values)
    )
