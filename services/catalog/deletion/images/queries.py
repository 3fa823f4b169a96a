"""SQL of the deletion of manifests."""

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.catalog.tables import manifests


async def delete_manifest(tx: Tx, *, repository_id: int, digest: str) -> bool:
    """Delete the manifest with its tags; return False if it does not exist."""
    m = manifests.c
    statement = (
        sa.delete(manifests)
        .where(m.repository_id == repository_id, m.digest == digest)
        .returning(m.digest)
    )
    return (await tx.execute(statement)).one_or_none() is not None
