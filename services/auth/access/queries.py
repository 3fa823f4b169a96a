"""Reads ``catalog.effective_access``, ``catalog.reserved_repositories`` and ``catalog.namespace_owners``."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.auth.access.domain import NAMES, Permission
from services.auth.views import effective_access, namespace_owners, reserved_repositories


@dataclass(frozen=True, slots=True)
class FoundNamespace:
    """A namespace and the id of the account that owns it."""

    namespace: str
    visibility: Literal["public", "private"]
    account_id: int


async def list_permissions(
    tx: Tx, *, docker_user_id: int | None, namespaces: Collection[str]
) -> dict[str, Permission]:
    """What the Docker user (None: anyone) may do in those of ``namespaces`` where that is anything: the namespaces that are public, and
    the ones with a grant."""
    a = effective_access.c
    whose: sa.ColumnElement[bool] = a.docker_user_id.is_(None)
    if docker_user_id is not None:
        whose = sa.or_(whose, a.docker_user_id == docker_user_id)
    rows = await tx.execute(
        sa.select(a.namespace, a.permission).where(a.namespace.in_(namespaces), whose)
    )
    found: dict[str, Permission] = {}
    for namespace, permission in rows:
        found[namespace] = max(found.get(namespace, Permission.NONE), NAMES[permission])
    return found


async def list_closed(tx: Tx, *, namespaces: Collection[str]) -> dict[str, frozenset[str]]:
    """The repositories of each of ``namespaces`` that are being deleted, or whose name is not free yet after that (spec 7)."""
    c = reserved_repositories.c
    found: dict[str, set[str]] = {namespace: set() for namespace in namespaces}
    for namespace, repository in await tx.execute(
        sa.select(c.namespace, c.repository).where(c.namespace.in_(namespaces))
    ):
        found[namespace].add(repository)
    return {namespace: frozenset(repositories) for namespace, repositories in found.items()}


async def find_namespace(tx: Tx, *, name: str) -> FoundNamespace | None:
    """The namespace ``name`` with its owner, as ``catalog.namespace_owners`` publishes it."""
    o = namespace_owners.c
    row = (
        await tx.execute(
            sa.select(o.namespace, o.visibility, o.account_id).where(o.namespace == name)
        )
    ).one_or_none()
    return None if row is None else FoundNamespace(*row)
