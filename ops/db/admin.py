"""Accounts that the operator creates or changes on the command line."""

import json
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
import typer
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.registry.names import is_username
from libs.common.security.passwords import hash_password
from libs.common.web.errors import MoorageError
from ops.db.migrate import owner_engine
from ops.errors import OpsError
from ops.host.files import write_private
from ops.host.privileges import RunUser
from ops.layout import Layout

USERNAME = "admin"


@dataclass(frozen=True, slots=True)
class Administrator:
    """An account that is an administrator. If it is disabled, it cannot sign in."""

    username: str
    disabled: bool
    created_at: datetime


async def ensure_admin(owner_url: str, layout: Layout, user: RunUser, *, given: str | None) -> bool:
    """Create the account `admin` if it does not exist, and return whether it was created.

    An account that exists keeps its password.

    Args:
        owner_url: The database, as the role that owns the schemas.
        layout: The installation.
        user: The owner of the file `admin-password`.
        given: The password. If it is None, the password is in the file `admin-password`, which
            this function creates if it is missing.

    Raises:
        OpsError: The database cannot be reached or written.
    """
    # `moorage migrate` needs the catalog's code only if the account is missing.
    from services.catalog.accounts.usecases import ensure_first_admin

    async with _transaction(owner_url) as tx:
        if await _exists(tx):
            return False
        password = given or _password_of_file(layout, user)
        await ensure_first_admin(tx=tx, username=USERNAME, password_hash=hash_password(password))
        return True


async def create_admin(owner_url: str, *, username: str, password: str) -> None:
    """Create another administrator.

    Raises:
        OpsError: The name exists or is not a username, the password is too short or too long, or
            the database cannot be reached or written.
    """
    from services.catalog.accounts.usecases import create_admin_as_operator

    _check(username, password)
    async with _transaction(owner_url) as tx:
        await create_admin_as_operator(
            tx=tx, username=username, password_hash=hash_password(password)
        )


async def reset_password(owner_url: str, *, username: str, password: str) -> None:
    """Give an account a new password and enable it.

    Raises:
        OpsError: The account does not exist, the password is too short or too long, or the
            database cannot be reached or written.
    """
    from services.catalog.accounts.usecases import reset_password_as_operator

    _check(username, password)
    async with _transaction(owner_url) as tx:
        await reset_password_as_operator(
            tx=tx, username=username, password_hash=hash_password(password)
        )


async def list_administrators(url: str) -> list[Administrator]:
    """Return the administrators by name.

    Raises:
        OpsError: The database cannot be reached or read.
    """
    statement = sa.text(
        "SELECT username, disabled, created_at FROM catalog.accounts"
        " WHERE role = 'admin' ORDER BY username"
    )
    async with _transaction(url) as tx:
        return [Administrator(*row) for row in await tx.execute(statement)]


def print_administrators(found: Sequence[Administrator], *, is_json: bool) -> None:
    """Print a line for each administrator, or one JSON object."""
    if is_json:
        accounts = [
            {
                "username": one.username,
                "disabled": one.disabled,
                "created_at": one.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
            for one in found
        ]
        typer.echo(json.dumps({"accounts": accounts}))
        return
    for one in found:
        typer.echo(f"{one.username}  {'disabled' if one.disabled else 'enabled'}")


def _check(username: str, password: str) -> None:
    if not is_username(username):
        raise OpsError(
            f"{username!r} is not a username: use 2 to 63 characters of a-z, 0-9, '.', '_', and"
            " '-', and start with a letter or digit"
        )
    if not 8 <= len(password) <= 128:
        raise OpsError("the password must have 8 to 128 characters")


@asynccontextmanager
async def _transaction(owner_url: str) -> AsyncIterator[AsyncConnection]:
    engine = owner_engine(owner_url)
    try:
        async with engine.begin() as tx:
            yield tx
    except MoorageError as error:
        raise OpsError(error.detail) from None
    except DBAPIError as error:
        raise OpsError(
            f"the accounts cannot be read or written: {str(error.orig).splitlines()[0]}"
        ) from None
    except OSError as error:
        raise OpsError(f"the database cannot be reached; is Moorage running? ({error})") from None
    finally:
        await engine.dispose()


async def _exists(tx: AsyncConnection) -> bool:
    statement = sa.text("SELECT EXISTS (SELECT FROM catalog.accounts WHERE username = :username)")
    return bool((await tx.execute(statement, {"username": USERNAME})).scalar_one())


def _password_of_file(layout: Layout, user: RunUser) -> str:
    if not layout.admin_password.is_file():
        write_private(layout.admin_password, secrets.token_urlsafe(18) + "\n", user)
    return layout.admin_password.read_text().strip()
