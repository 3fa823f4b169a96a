"""SQL of the deletion of manifests."""

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.catalog.tables import manifests, repositories


async def delete_manifest(tx: Tx, *, repository: str, digest: str) -> int | None:
    """Delete the manifest with its tags.

    Return the id of its repository, or None if the manifest did not exist.
    """
    m = manifests.c
    repository_id = (
        sa.select(repositories.c.id).where(repositories.c.path == repository).scalar_subquery()
    )
    statement = (
        sa.delete(manifests)
        .where(m.repository_id == repository_id, m.digest == digest)
        .returning(m.repository_id)
    )
    id_: int | None = (await tx.execute(statement)).scalar_one_or_none()
    return id_
