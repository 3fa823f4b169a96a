"""SQL of refresh tokens."""

from collections.abc import Collection
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from libs.common.db.engine import Tx
from services.auth.access.domain import NAMES, UNLIMITED
from services.auth.last_used.queries import LastUses, rows_of
from services.auth.refresh_tokens.domain import RefreshToken
from services.auth.tables import access_tokens, refresh_tokens
from services.auth.views import credentials


async def list_by_hash(tx: Tx, *, hashes: Collection[bytes]) -> dict[bytes, RefreshToken]:
    """Return the refresh tokens with one of ``hashes`` whose Docker user exists, by hash."""
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
        row[0]: RefreshToken(
            *row[1:7], UNLIMITED if row[8] is None else NAMES[row[7]], access_token_id=row[8]
        )
        for row in rows
    }


async def insert(tx: Tx, *, token: RefreshToken, token_hash: bytes, client_id: str) -> bool:
    """Store a new refresh token; return False if its access token has just been revoked.

    After False the transaction can only be rolled back.
    """
    try:
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
    except IntegrityError:
        return False
    return True


async def record_uses(tx: Tx, *, last_uses: LastUses, lifetime: timedelta) -> None:
    """Write the last uses of refresh tokens, and extend each token to ``lifetime`` after its use.

    A refresh token never outlives the access token that it was issued for. An older time never
    replaces a newer one.
    """
    used, t = rows_of(last_uses), refresh_tokens.c
    access_token_ends = (
        sa.select(access_tokens.c.expires_at)
        .where(access_tokens.c.id == t.access_token_id)
        .scalar_subquery()
    )
    await tx.execute(
        refresh_tokens.update()
        .where(t.id == used.c.id, t.last_used_at < used.c.at)
        .values(
            last_used_at=used.c.at,
            last_used_from=used.c.address,
            expires_at=sa.func.least(used.c.at + lifetime, access_token_ends),
        )
    )


async def delete_beyond(tx: Tx, *, docker_user_id: int, limit: int) -> None:
    """Delete all but the ``limit`` refresh tokens that the Docker user used last."""
    t = refresh_tokens.c
    beyond = (
        sa.select(t.id)
        .where(t.docker_user_id == docker_user_id)
        .order_by(t.last_used_at.desc(), t.id)
        .offset(limit)
    )
    await tx.execute(refresh_tokens.delete().where(t.id.in_(beyond.scalar_subquery())))


async def delete_ended(tx: Tx) -> None:
    """Delete the tokens that are expired, or whose Docker user is gone or has a newer version."""
    await tx.execute(
        sa.text(
            "DELETE FROM auth.refresh_tokens t WHERE t.expires_at < now() OR NOT EXISTS"
            " (SELECT 1 FROM catalog.credentials c WHERE c.kind = 'docker_user'"
            " AND c.id = t.docker_user_id AND c.credential_version = t.credential_version)"
        )
    )
