"""SQL of access tokens, and of the list that joins them with logins."""

import uuid
from collections.abc import Collection

import sqlalchemy as sa

from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest, Sort, fetch_page
from services.auth.access.domain import NAMES, UNLIMITED
from services.auth.access_tokens.domain import AccessToken, ListedToken
from services.auth.tables import access_tokens, refresh_tokens
from services.auth.views import credentials

_t, _r = access_tokens.c, refresh_tokens.c


async def list_by_hash(tx: Tx, *, hashes: Collection[bytes]) -> dict[bytes, AccessToken]:
    """Return the access tokens with one of ``hashes`` whose Docker user exists, by hash."""
    c = credentials.c
    owner = sa.and_(c.kind == "docker_user", c.id == _t.docker_user_id)
    rows = await tx.execute(
        sa.select(
            _t.secret_hash, _t.id, _t.docker_user_id, c.username, _t.permission, _t.expires_at
        )
        .join_from(access_tokens, credentials, owner)
        .where(_t.secret_hash.in_(hashes))
    )
    return {row[0]: AccessToken(row[1], row[2], row[3], NAMES[row[4]], row[5]) for row in rows}


async def count(tx: Tx, *, docker_user_id: int) -> int:
    """Return how many access tokens the Docker user has, expired ones included."""
    statement = sa.select(sa.func.count()).where(_t.docker_user_id == docker_user_id)
    return int((await tx.execute(statement)).scalar_one())


async def insert(tx: Tx, *, token: ListedToken, docker_user_id: int, secret_hash: bytes) -> None:
    """Store a new access token."""
    await tx.execute(
        access_tokens.insert().values(
            id=token.id,
            docker_user_id=docker_user_id,
            name=token.name,
            permission=token.permission,
            secret_hash=secret_hash,
            created_at=token.created_at,
            expires_at=token.expires_at,
        )
    )


async def list_page(
    tx: Tx, *, docker_user_id: int, version: int, page: PageRequest
) -> Page[ListedToken]:
    """Return the access tokens and current logins of the Docker user, newest first.

    ``version`` is the version of the user's credential; logins of earlier versions have ended.
    """
    access = sa.select(
        _t.id,
        sa.literal("access").label("kind"),
        _t.name,
        _t.permission,
        _t.created_at,
        _t.expires_at,
        _t.last_used_at,
        _t.last_used_from,
    ).where(_t.docker_user_id == docker_user_id)
    max_permission = sa.select(_t.permission).where(_t.id == _r.access_token_id).scalar_subquery()
    logins = sa.select(
        _r.id,
        sa.literal("login"),
        _r.client_id,
        sa.func.coalesce(max_permission, UNLIMITED.name.lower()),
        _r.created_at,
        _r.expires_at,
        _r.last_used_at,
        _r.last_used_from,
    ).where(
        _r.docker_user_id == docker_user_id,
        _r.credential_version == version,
        _r.expires_at > sa.func.now(),
    )
    both = sa.union_all(access, logins).subquery("tokens")
    by_time = Sort("-created_at", (both.c.created_at, both.c.id))
    return await fetch_page(
        tx, sa.select(both), sort=by_time, page=page, of=lambda row: ListedToken(*row[:8])
    )


async def delete_access_token(tx: Tx, *, docker_user_id: int, id: uuid.UUID) -> str | None:
    """Delete the access token and, by cascade, its logins; return its name, None without one."""
    statement = access_tokens.delete().where(_t.docker_user_id == docker_user_id, _t.id == id)
    name: str | None = (await tx.execute(statement.returning(_t.name))).scalar_one_or_none()
    return name


async def delete_login(tx: Tx, *, docker_user_id: int, id: uuid.UUID) -> str | None:
    """Delete the login; return the name of its client, None without one."""
    statement = refresh_tokens.delete().where(_r.docker_user_id == docker_user_id, _r.id == id)
    name: str | None = (await tx.execute(statement.returning(_r.client_id))).scalar_one_or_none()
    return name


async def delete_ended(tx: Tx) -> None:
    """Delete the access tokens whose Docker user is gone, or that expired a month ago.

    Until then, the list shows the owner why a client is refused.
    """
    await tx.execute(
        sa.text(
            "DELETE FROM auth.access_tokens t WHERE t.expires_at < now() - interval '30 days'"
            " OR NOT EXISTS (SELECT 1 FROM catalog.credentials c"
            " WHERE c.kind = 'docker_user' AND c.id = t.docker_user_id)"
        )
    )
