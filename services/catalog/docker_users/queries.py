"""SQL of Docker users."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from libs.common.db.changes import Changes, update_row
from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest, Sort, fetch_page
from libs.common.registry.names import is_username
from services.catalog.docker_users.domain import DockerUser, DockerUserNotFound
from services.catalog.tables import accounts, contains_by_index, docker_users

_logins = sa.Table(
    "docker_user_logins",
    sa.MetaData(schema="auth"),
    sa.Column("docker_user_id", sa.BigInteger),
    sa.Column("last_login_at", sa.TIMESTAMP(timezone=True)),
)
_BY_USERNAME = Sort("username", (docker_users.c.username,))


def _select() -> sa.Select[Any]:
    u = docker_users.c
    return (
        sa.select(
            u.id,
            u.account_id,
            accounts.c.username.label("account"),
            u.username,
            u.description,
            u.disabled,
            u.token_login,
            u.created_at,
            _logins.c.last_login_at,
        )
        .join(accounts, accounts.c.id == u.account_id)
        .outerjoin(_logins, _logins.c.docker_user_id == u.id)
    )


def _docker_user(row: sa.Row[Any]) -> DockerUser:
    return DockerUser(
        id=row.id,
        account_id=row.account_id,
        account=row.account,
        username=row.username,
        description=row.description,
        disabled=row.disabled,
        token_login=row.token_login,
        created_at=row.created_at,
        last_login_at=row.last_login_at,
    )


async def find_docker_user(tx: Tx, *, username: str, lock: bool = False) -> DockerUser | None:
    """Return the Docker user ``username`` of any account, or None.

    With ``lock``, other transactions cannot delete it until this one ends.
    """
    if not is_username(username):
        return None  # PostgreSQL rejects some texts, such as one with a NUL
    statement = _select().where(docker_users.c.username == username)
    if lock:
        statement = statement.with_for_update(key_share=True, read=True, of=docker_users)
    row = (await tx.execute(statement)).one_or_none()
    return _docker_user(row) if row else None


async def get_docker_user(tx: Tx, *, username: str) -> DockerUser:
    """Return the Docker user ``username`` of any account. Raises DockerUserNotFound."""
    user = await find_docker_user(tx, username=username)
    if user is None:
        raise DockerUserNotFound(username)
    return user


async def list_docker_users(
    tx: Tx, *, account: str | None, q: str | None, page: PageRequest
) -> Page[DockerUser]:
    """Return a page of the Docker users of ``account`` (None: of all accounts) by name.

    ``q`` is a part of the name or the description.
    """
    statement = _select()
    if account is not None:
        statement = statement.where(accounts.c.username == account)
    if q:
        u = docker_users.c
        statement = statement.where(contains_by_index(q, u.username, u.description))
    return await fetch_page(tx, statement, sort=_BY_USERNAME, page=page, of=_docker_user)


async def count_docker_users(tx: Tx, *, account_id: int) -> int:
    """Return how many Docker users the account has."""
    statement = sa.select(sa.func.count()).where(docker_users.c.account_id == account_id)
    return int((await tx.execute(statement)).scalar_one())


async def insert_docker_user(
    tx: Tx,
    *,
    account_id: int,
    username: str,
    password_hash: str,
    description: str,
    token_login: bool,
) -> bool:
    """Insert a Docker user; return False if the username is taken."""
    values = {
        "account_id": account_id,
        "username": username,
        "password_hash": password_hash,
        "description": description,
        "token_login": token_login,
    }
    statement = (
        insert(docker_users).values(values).on_conflict_do_nothing(index_elements=["username"])
    )
    return (await tx.execute(statement.returning(docker_users.c.id))).one_or_none() is not None


async def update_docker_user(
    tx: Tx,
    *,
    docker_user_id: int,
    description: str | None = None,
    disabled: bool | None = None,
    token_login: bool | None = None,
    password_hash: str | None = None,
    ends_logins: bool = False,
) -> Changes | None:
    """Set the values that are not None; return None if the Docker user does not exist.

    ``ends_logins`` increments the credential version, with which refresh tokens expire.
    """
    given: dict[str, object | None] = {
        "description": description,
        "disabled": disabled,
        "token_login": token_login,
        "password_hash": password_hash,
    }
    values: dict[str, object] = {name: value for name, value in given.items() if value is not None}
    if ends_logins:
        values["credential_version"] = docker_users.c.credential_version + 1
    shown = ("description", "disabled", "token_login")
    return await update_row(tx, docker_users, id=docker_user_id, values=values, shown=shown)


async def delete_docker_user(tx: Tx, *, docker_user_id: int) -> bool:
    """Delete the Docker user and its grants; return False if it does not exist."""
    statement = (
        sa.delete(docker_users)
        .where(docker_users.c.id == docker_user_id)
        .returning(docker_users.c.id)
    )
    return (await tx.execute(statement)).one_or_none() is not None
