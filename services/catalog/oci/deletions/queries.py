"""SQL of the permission to delete with Docker clients."""

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.catalog.tables import accounts, docker_users, grants, namespaces


async def has_delete_grant(tx: Tx, *, docker_user: str, namespace: str) -> bool:
    """Return whether the Docker user can now get a token that can delete in the namespace."""
    g, u = grants.c, docker_users.c
    statement = sa.select(
        sa.exists()
        .where(g.permission == "delete", u.username == docker_user, namespaces.c.name == namespace)
        .where(u.id == g.docker_user_id, namespaces.c.id == g.namespace_id)
        .where(accounts.c.id == u.account_id, ~u.disabled, ~accounts.c.disabled)
    )
    return bool((await tx.execute(statement)).scalar_one())
