"""SQL of accounts."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest, Sort, fetch_page
from libs.common.web.errors import NotFound
from services.catalog.accounts.domain import Account, Role
from services.catalog.tables import accounts, docker_users

_ACCOUNT = (
    accounts.c.id,
    accounts.c.username,
    accounts.c.role,
    accounts.c.disabled,
    accounts.c.created_at,
)
_BY_USERNAME = Sort("username", (accounts.c.username,))


def _account(row: Any) -> Account:
    return Account(row.id, row.username, row.role, row.disabled, row.created_at)


async def find_account(tx: Tx, *, username: str) -> Account | None:
    """The account of that name."""
    row = (
        await tx.execute(sa.select(*_ACCOUNT).where(accounts.c.username == username))
    ).one_or_none()
    return _account(row) if row else None


async def get_account(tx: Tx, *, account_id: int) -> Account:
    """The account with that id. Raises NotFound."""
    row = (await tx.execute(sa.select(*_ACCOUNT).where(accounts.c.id == account_id))).one_or_none()
    if row is None:
        raise NotFound
    return _account(row)


async def lock_password_hash(tx: Tx, *, account_id: int) -> str:
    """The stored hash of its password, which stays so until the transaction ends."""
    statement = (
        sa.select(accounts.c.password_hash)
        .where(accounts.c.id == account_id)
        .with_for_update(key_share=True)
    )
    password_hash: str = (await tx.execute(statement)).scalar_one()
    return password_hash


async def list_accounts(tx: Tx, *, q: str | None, page: PageRequest) -> Page[Account]:
    """One page of all accounts by name."""
    statement = sa.select(*_ACCOUNT)
    if q:
        statement = statement.where(accounts.c.username.icontains(q, autoescape=True))
    return await fetch_page(tx, statement, sort=_BY_USERNAME, page=page, of=_account)


async def insert_account(
    tx: Tx, *, username: str, password_hash: str, role: Role
) -> Account | None:
    """The new account, or None when the name is taken."""
    values = {"username": username, "password_hash": password_hash, "role": role}
    statement = (
        insert(accounts)
        .values(values)
        .on_conflict_do_nothing(index_elements=["username"])
        .returning(*_ACCOUNT)
    )
    row = (await tx.execute(statement)).one_or_none()
    return _account(row) if row else None


async def lock_administrators(tx: Tx) -> list[int]:
    """The ids of all administrators who can sign in; they stay so until the transaction ends."""
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
    ends_sessions: bool = False,
) -> Account:
    """Change what is not None; ``ends_sessions`` raises the credential version."""
    values: dict[str, object] = {"disabled": disabled, "role": role, "password_hash": password_hash}
    values = {name: value for name, value in values.items() if value is not None}
    if ends_sessions:
        values["credential_version"] = accounts.c.credential_version + 1
    statement = (
        sa.update(accounts).where(accounts.c.id == account_id).values(values).returning(*_ACCOUNT)
    )
    return _account((await tx.execute(statement)).one())


async def end_docker_user_logins(tx: Tx, *, account_id: int) -> None:
    """Raise the credential version of the account's Docker users, so that no refresh token of theirs comes back to life."""
    values = {"credential_version": docker_users.c.credential_version + 1}
    await tx.execute(
        sa.update(docker_users).where(docker_users.c.account_id == account_id).values(values)
    )
