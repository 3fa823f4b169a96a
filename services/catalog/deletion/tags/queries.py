"""SQL of tag deletions."""

from collections.abc import Collection

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.catalog.tables import repositories, retention_deletions
from services.catalog.tables import tags as table

_t, _r, _d = table.c, repositories.c, retention_deletions.c


async def find_digest(tx: Tx, *, repository_id: int, tag: str) -> str | None:
    """Return the digest that the tag names, or None if there is no such tag."""
    statement = sa.select(_t.digest).where(_t.repository_id == repository_id, _t.name == tag)
    digest: str | None = (await tx.execute(statement)).scalar_one_or_none()
    return digest


async def find_retention(tx: Tx, *, intent_id: int) -> dict[str, str]:
    """Return ``rule`` and ``reason`` of a deletion by retention."""
    statement = sa.select(_d.rule, _d.reason).where(_d.intent_id == intent_id)
    row = (await tx.execute(statement)).one_or_none()
    return {} if row is None else {"rule": row.rule, "reason": row.reason}


async def delete_tag(tx: Tx, *, repository: str, tag: str) -> int | None:
    """Delete the tag. Return the id of its repository, or None if the tag did not exist."""
    return next(iter(await delete_tags(tx, repository=repository, tags=[tag])), None)


async def delete_tags(tx: Tx, *, repository: str, tags: Collection[str]) -> list[int]:
    """Delete those of ``tags`` that exist. Return the id of the repository for each of them."""
    repository_id = sa.select(_r.id).where(_r.path == repository).scalar_subquery()
    statement = sa.delete(table).where(_t.repository_id == repository_id, _t.name.in_(tags))
    return list((await tx.execute(statement.returning(_t.repository_id))).scalars())
