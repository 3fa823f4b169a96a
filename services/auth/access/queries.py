"""SQL that reads the views of the catalog on namespaces, grants, and reserved repositories."""

from collections.abc import Collection

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.auth.access.domain import NAMES, Namespace, Permission
from services.auth.views import effective_access, namespace_owners, reserved_repositories


async def list_permissions(
    tx: Tx, *, docker_user_id: int | None, namespaces: Collection[str]
) -> dict[str, Permission]:
    """Return the permissions of a Docker user in ``namespaces``, by namespace.

    A ``docker_user_id`` of None stands for an anonymous client. A namespace in which the user has
    no permission is missing from the result.
    """
    a = effective_access.c
    applies: sa.ColumnElement[bool] = a.docker_user_id.is_(None)
    if docker_user_id is not None:
        applies = sa.or_(applies, a.docker_user_id == docker_user_id)
    rows = await tx.execute(
        sa.select(a.namespace, a.permission).where(a.namespace.in_(namespaces), applies)
    )
    found: dict[str, Permission] = {}
    for namespace, permission in rows:
        found[namespace] = max(found.get(namespace, Permission.NONE), NAMES[permission])
    return found


async def find_grant(tx: Tx, *, docker_user_id: int, namespace: str) -> Permission | None:
    """Return the permission of the Docker user's own grant in ``namespace``, or None."""
    a = effective_access.c
    statement = sa.select(a.permission).where(
        a.namespace == namespace, a.docker_user_id == docker_user_id
    )
    name: str | None = (await tx.execute(statement)).scalar_one_or_none()
    return None if name is None else NAMES[name]


async def list_reserved_repositories(
    tx: Tx, *, namespaces: Collection[str]
) -> dict[str, frozenset[str]]:
    """Return the repositories of each namespace that are being deleted or still reserved.

    The name of a deleted repository stays reserved for a while (spec 7).
    """
    c = reserved_repositories.c
    found: dict[str, set[str]] = {namespace: set() for namespace in namespaces}
    for namespace, repository in await tx.execute(
        sa.select(c.namespace, c.repository).where(c.namespace.in_(namespaces))
    ):
        found[namespace].add(repository)
    return {namespace: frozenset(repositories) for namespace, repositories in found.items()}


async def find_namespace(tx: Tx, *, name: str) -> Namespace | None:
    """Return the namespace ``name`` with its owner."""
    o = namespace_owners.c
    row = (
        await tx.execute(
            sa.select(o.namespace, o.visibility, o.account_id, o.namespace_id).where(
                o.namespace == name
            )
        )
    ).one_or_none()
    return None if row is None else Namespace(*row)
