"""All SQL of refresh tokens."""

from collections.abc import Collection
from datetime import timedelta

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.auth.access.domain import NAMES, Permission
from services.auth.last_used.queries import Uses, rows_of
from services.auth.refresh_tokens.domain import RefreshToken
from services.auth.tables import access_tokens, refresh_tokens
from services.auth.views import credentials


async def list_by_hash(tx: Tx, *, hashes: Collection[bytes]) -> dict[bytes, RefreshToken]:
    """Those of the refresh tokens with one of ``hashes`` whose Docker user exists."""
    t, c, a = refresh_tokens.c, credentials.c, access_tokens.c
    owner = sa.and_(c.kind == "docker_user", c.id == t.docker_user_id)
    rows = await tx.execute(
        sa.select(
            t.token_hash,
            t.id,
            t.docker_user_id,
            c.username,
            t.credential_version,
            t.service,
            t.expires_at,
            a.permission,
            a.id,
        )
        .join_from(refresh_tokens, credentials, owner)
        .outerjoin(access_tokens, a.id == t.access_token_id)
        .where(t.token_hash.in_(hashes))
    )
    return {
        row[0]: RefreshToken(*row[1:7], NAMES.get(row[7], Permission.PUSH), row[8]) for row in rows
    }


async def insert(tx: Tx, *, token: RefreshToken, token_hash: bytes, client_id: str) -> None:
    """Store a new refresh token."""
    await tx.execute(
        refresh_tokens.insert().values(
            id=token.id,
            docker_user_id=token.docker_user_id,
            credential_version=token.version,
            service=token.service,
            client_id=client_id,
            token_hash=token_hash,
            expires_at=token.expires_at,
            access_token_id=token.access_token_id,
        )
    )


async def delete_beyond(tx: Tx, *, docker_user_id: int, most: int) -> None:
    """Keep the ``most`` refresh tokens of the Docker user that were used last."""
    t = refresh_tokens.c
    beyond = (
        sa.select(t.id)
        .where(t.docker_user_id == docker_user_id)
        .order_by(t.last_used_at.desc(), t.id)
        .offset(most)
    )
    await tx.execute(refresh_tokens.delete().where(t.id.in_(beyond.scalar_subquery())))


async def touch(tx: Tx, *, uses: Uses, lifetime: timedelta) -> None:
    """Write when and from where tokens were last used, which also moves their end to ``lifetime`` after it, but never beyond that of
    the access token they were got with."""
    used = rows_of(uses)
    t = refresh_tokens
    latest = (
        sa.select(access_tokens.c.expires_at)
        .where(access_tokens.c.id == t.c.access_token_id)
        .scalar_subquery()
    )
    ends = sa.func.least(used.c.at + lifetime, latest)
    await tx.execute(
        t.update()
        .where(t.c.id == used.c.id, t.c.last_used_at < used.c.at)
        .values(last_used_at=used.c.at, last_used_from=used.c.address, expires_at=ends)
    )


async def delete_ended(tx: Tx) -> None:
    """Remove the tokens that are good for nothing any more: expired, or of a Docker user that is gone or has a newer credential."""
    await tx.execute(
        sa.text(
            "DELETE FROM auth.refresh_tokens t WHERE t.expires_at < now() OR NOT EXISTS (SELECT 1 FROM catalog.credentials c"
            " WHERE c.kind = 'docker_user' AND c.id = t.docker_user_id AND c.credential_version = t.credential_version)"
        )
    )
