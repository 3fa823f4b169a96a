"""Reads ``catalog.effective_access``."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.access.domain import NAMES, Permission

_access = sa.table(
    "effective_access",
    sa.column("namespace", sa.Text),
    sa.column("docker_user_id", sa.BigInteger),
    sa.column("permission", sa.Text),
    schema="catalog",
)


async def list_permissions(tx: AsyncConnection, *, docker_user_id: int | None, namespaces: Collection[str]) -> dict[str, Permission]:
    """What the Docker user (None: anyone) may do in those of ``namespaces`` where that is anything: the namespaces that are public, and
    the ones with a grant."""
    a = _access.c
    whose: sa.ColumnElement[bool] = a.docker_user_id.is_(None)
    if docker_user_id is not None:
        whose = sa.or_(whose, a.docker_user_id == docker_user_id)
    rows = await tx.execute(sa.select(a.namespace, a.permission).where(a.namespace.in_(namespaces), whose))
    found: dict[str, Permission] = {}
    for namespace, permission in rows:
        found[namespace] = max(found.get(namespace, Permission.NONE), NAMES[permission])
    return found
