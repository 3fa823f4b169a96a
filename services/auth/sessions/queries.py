"""SQL of sessions."""

import uuid
from datetime import datetime

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.auth.sessions.domain import Session
from services.auth.tables import sessions

_s = sessions.c


async def insert(tx: Tx, *, session: Session, client_address: str) -> None:
    """Store a new session."""
    await tx.execute(
        sessions.insert().values(
            id=session.id,
            account_id=session.account_id,
            credential_version=session.version,
            refresh_hash=session.refresh_hash,
            rotated_at=session.rotated_at,
            expires_at=session.expires_at,
            client_address=client_address,
        )
    )


async def count_current(tx: Tx, *, account_id: int, version: int) -> int:
    """Return how many sessions of the account and of this credential version have not expired."""
    statement = sa.select(sa.func.count()).where(
        _s.account_id == account_id,
        _s.credential_version == version,
        _s.expires_at > sa.func.now(),
    )
    return int((await tx.execute(statement)).scalar_one())


async def delete_longest_idle(
    tx: Tx, *, account_id: int, version: int, before: datetime
) -> uuid.UUID | None:
    """Delete the session that was not refreshed for the longest time, and return its id.

    Return None if each session of this credential version was opened or refreshed after ``before``.
    """
    oldest = (
        sa.select(_s.id)
        .where(
            _s.account_id == account_id,
            _s.credential_version == version,
            _s.rotated_at < before,
            _s.expires_at > sa.func.now(),
        )
        .order_by(_s.rotated_at)
        .limit(1)
        .scalar_subquery()
    )
    result = await tx.execute(sessions.delete().where(_s.id == oldest).returning(_s.id))
    return result.scalar_one_or_none()


async def find_for_update(tx: Tx, *, id: uuid.UUID) -> Session | None:
    """Return the session and lock it until the transaction ends, to serialize its refreshes."""
    row = (
        await tx.execute(
            sa.select(
                _s.id,
                _s.account_id,
                _s.credential_version,
                _s.refresh_hash,
                _s.previous_hash,
                _s.rotated_at,
                _s.expires_at,
            )
            .where(_s.id == id)
            .with_for_update()
        )
    ).one_or_none()
    return None if row is None else Session(*row)


async def rotate(
    tx: Tx, *, id: uuid.UUID, refresh_hash: bytes, now: datetime, expires_at: datetime
) -> None:
    """Make ``refresh_hash`` the current hash, and the current hash the previous one."""
    await tx.execute(
        sessions.update()
        .where(_s.id == id)
        .values(
            refresh_hash=refresh_hash,
            previous_hash=_s.refresh_hash,
            rotated_at=now,
            expires_at=expires_at,
        )
    )


async def delete(tx: Tx, *, id: uuid.UUID) -> None:
    """Delete one session."""
    await tx.execute(sessions.delete().where(_s.id == id))


async def delete_of_account(tx: Tx, *, account_id: int) -> None:
    """Delete all sessions of an account."""
    await tx.execute(sessions.delete().where(_s.account_id == account_id))


async def delete_ended(tx: Tx) -> None:
    """Delete the sessions that have expired."""
    await tx.execute(sessions.delete().where(_s.expires_at < sa.func.now()))
