"""SQL that reads ``catalog.credentials``."""

from collections.abc import Collection

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.auth.credentials.domain import Credential, Kind
from services.auth.views import credentials


async def find_by_username(tx: Tx, *, kind: Kind, username: str) -> Credential | None:
    """Return the credential with this user name."""
    return await _find(tx, credentials.c.kind == kind, credentials.c.username == username)


async def find_by_id(tx: Tx, *, kind: Kind, id: int) -> Credential | None:
    """Return the credential with this id. An id is never used again."""
    return await _find(tx, credentials.c.kind == kind, credentials.c.id == id)


async def list_docker_users(tx: Tx, *, usernames: Collection[str]) -> dict[str, Credential]:
    """Return those of the Docker users ``usernames`` that exist, by user name."""
    c = credentials.c
    rows = await tx.execute(
        sa.select(credentials).where(c.kind == "docker_user", c.username.in_(usernames))
    )
    return {credential.username: credential for credential in (Credential(*row) for row in rows)}


async def lock(tx: Tx, *, kind: Kind, id: int) -> None:
    """Lock the credential for this service until the transaction ends.

    Transactions that count the objects of a credential and add one take this lock first. They wait
    for each other, so that the count is still right when they add the object. It is an advisory
    lock, because this service cannot lock rows of the catalog.
    """
    name = f"moorage objects of {kind} {id}"
    await tx.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0))))


async def _find(tx: Tx, *conditions: sa.ColumnElement[bool]) -> Credential | None:
    row = (await tx.execute(sa.select(credentials).where(*conditions))).one_or_none()
    return None if row is None else Credential(*row)
