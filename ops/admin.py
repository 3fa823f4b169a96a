"""The first account: `admin`, made once, with the password that was given or one that is made and written down."""

import secrets

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.passwords import hash_password
from ops.errors import OpsError
from ops.files import write_private
from ops.layout import Layout
from ops.migrate import owner_engine
from ops.privileges import RunUser

USERNAME = "admin"


async def ensure_admin(owner_url: str, layout: Layout, user: RunUser, *, given: str | None) -> bool:
    """Make the account `admin` unless it is there, and return whether it was made.

    Without a `given` password the one in the file `admin-password` is used, which is made when it is missing. An account
    that exists keeps its password, whatever is given.
    """
    # Here, so that nothing else of the command needs the catalog's code.
    from services.catalog.accounts.usecases import ensure_first_admin

    engine = owner_engine(owner_url)
    try:
        async with engine.begin() as tx:
            if await _exists(tx):
                return False
            password = given or _written_password(layout, user)
            await ensure_first_admin(tx=tx, username=USERNAME, password_hash=hash_password(password))
            return True
    except DBAPIError as error:
        raise OpsError(f"the first account cannot be made: {str(error.orig).splitlines()[0]}") from None
    finally:
        await engine.dispose()


async def _exists(tx: AsyncConnection) -> bool:
    statement = sa.text("SELECT EXISTS (SELECT FROM catalog.accounts WHERE username = :username)")
    return bool((await tx.execute(statement, {"username": USERNAME})).scalar_one())


def _written_password(layout: Layout, user: RunUser) -> str:
    if not layout.admin_password.is_file():
        write_private(layout.admin_password, secrets.token_urlsafe(18) + "\n", user)
    return layout.admin_password.read_text().strip()
