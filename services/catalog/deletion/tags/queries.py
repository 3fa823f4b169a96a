"""SQL of tag deletions."""

from collections.abc import Collection

import sqlalchemy as sa

from libs.common.db.engine import Tx
from libs.common.registry.names import artifact_tags
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


_ARTIFACT_TAGS = sa.text("""
    SELECT t.name FROM catalog.repositories r JOIN catalog.tags t ON t.repository_id = r.id
    WHERE r.path = :path AND t.name = ANY(CAST(:names AS text[])) ORDER BY t.name
""")

_ORPHANED_TAG = sa.text("""
    SELECT t.digest FROM catalog.repositories r JOIN catalog.tags t ON t.repository_id = r.id
    JOIN catalog.namespaces n ON n.id = r.namespace_id
    WHERE r.path = :path AND r.status <> 'deleting' AND NOT n.deleting AND t.name = :tag
      AND NOT EXISTS (
        SELECT FROM catalog.manifests m WHERE m.repository_id = r.id AND m.digest = :subject)
""")


async def list_artifact_tags(tx: Tx, *, path: str, digests: Collection[str]) -> list[str]:
    """Return the tags of the repository that belong to one of the images ``digests``."""
    names = [name for digest in digests for name in artifact_tags(digest)]
    return list((await tx.execute(_ARTIFACT_TAGS, {"path": path, "names": names})).scalars())


async def find_orphaned_tag(tx: Tx, *, path: str, tag: str, subject: str) -> str | None:
    """Return what the tag names, or None if the repository has ``subject``.

    It is also None if the tag is gone, or if the repository is being deleted.
    """
    values = {"path": path, "tag": tag, "subject": subject}
    digest: str | None = (await tx.execute(_ORPHANED_TAG, values)).scalar_one_or_none()
    return digest
