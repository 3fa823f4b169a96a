"""SQL of what holds what: indexes their children, manifests their blobs, referrers their subject."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.catalog.images.domain import Family, IndexOf, Referrer
from services.catalog.tables import manifests, tags

_t, _m = tags.c, manifests.c

_LIVE_INDEXES = sa.text("""
    WITH RECURSIVE above (digest) AS (
        SELECT index_digest FROM catalog.manifest_children WHERE repository_id = :repository_id AND child_digest = :digest
        UNION
        SELECT c.index_digest FROM above JOIN catalog.manifest_children c
          ON c.repository_id = :repository_id AND c.child_digest = above.digest
    )
    SELECT above.digest, array_agg(t.name ORDER BY t.name) AS tags
    FROM above JOIN catalog.tags t ON t.repository_id = :repository_id AND t.digest = above.digest
    WHERE above.digest <> :digest
    GROUP BY above.digest ORDER BY above.digest
""")


async def list_live_indexes(tx: Tx, *, repository_id: int, digest: str) -> list[IndexOf]:
    """The indexes with a tag that need the manifest, be it through another index."""
    rows = await tx.execute(_LIVE_INDEXES, {"repository_id": repository_id, "digest": digest})
    return [IndexOf(row.digest, tuple(row.tags)) for row in rows]


_REFERRERS = sa.text(r"""
    SELECT m.digest, m.artifact_type, array_remove(array_agg(t.name ORDER BY t.name), NULL) AS tags
    FROM catalog.manifests m LEFT JOIN catalog.tags t ON t.repository_id = m.repository_id AND t.digest = m.digest
    WHERE m.repository_id = :repository_id AND m.digest <> :digest
      AND (m.subject = :digest OR m.digest IN (
        SELECT digest FROM catalog.tags WHERE repository_id = :repository_id AND (name = :fallback OR starts_with(name, :fallback || '.'))))
    GROUP BY m.digest, m.artifact_type ORDER BY m.digest
""")


async def list_referrers(tx: Tx, *, repository_id: int, digest: str) -> list[Referrer]:
    """Signatures, SBOMs and the like: what names it as its subject, cosign's tags (`sha256-….sig`), and the list of referrers that
    clients keep under the tag `sha256-…` (OCI distribution spec, "Referrers Tag Schema")."""
    fallback = digest.replace(":", "-", 1)[:128]
    rows = await tx.execute(
        _REFERRERS, {"repository_id": repository_id, "digest": digest, "fallback": fallback}
    )
    return [Referrer(row.digest, row.artifact_type, tuple(row.tags)) for row in rows]


async def find_last_pull(tx: Tx, *, repository_id: int, digest: str) -> datetime | None:
    """When one of the tags on it was pulled last."""
    statement = sa.select(sa.func.max(_t.last_pulled_at)).where(
        _t.repository_id == repository_id, _t.digest == digest
    )
    found: datetime | None = (await tx.execute(statement)).scalar_one()
    return found


_FAMILY = sa.text("""
    WITH RECURSIVE below (digest) AS (
        SELECT CAST(:digest AS text)
        UNION
        SELECT c.child_digest FROM below JOIN catalog.manifest_children c
          ON c.repository_id = :repository_id AND c.index_digest = below.digest
    )
    SELECT below.digest,
           EXISTS (SELECT FROM catalog.tags t WHERE t.repository_id = :repository_id AND t.digest = below.digest) AS is_tagged,
           ARRAY(SELECT c.index_digest FROM catalog.manifest_children c
                 WHERE c.repository_id = :repository_id AND c.child_digest = below.digest) AS indexes
    FROM below
""")


async def get_family(tx: Tx, *, repository_id: int, digest: str) -> Family:
    """The manifest with all below it: which of them have a tag, and which indexes need each."""
    rows = (await tx.execute(_FAMILY, {"repository_id": repository_id, "digest": digest})).all()
    return Family(
        tagged=frozenset(row.digest for row in rows if row.is_tagged),
        indexes={row.digest: frozenset(row.indexes) for row in rows},
    )


_EXCLUSIVE = sa.text("""
    SELECT coalesce(sum(size_bytes), 0)::bigint FROM (
        SELECT b.blob_digest, max(b.size_bytes) AS size_bytes FROM catalog.manifest_blobs b
        WHERE b.repository_id = :repository_id AND b.manifest_digest = ANY(:digests)
          AND NOT EXISTS (
            SELECT FROM catalog.manifest_blobs o
            WHERE o.blob_digest = b.blob_digest AND NOT (o.repository_id = :repository_id AND o.manifest_digest = ANY(:digests)))
        GROUP BY b.blob_digest) AS alone
""")


async def sum_exclusive(tx: Tx, *, repository_id: int, digests: Collection[str]) -> int:
    """Bytes of the blobs that these manifests hold, and no other in any repository."""
    return int(
        (
            await tx.execute(_EXCLUSIVE, {"repository_id": repository_id, "digests": list(digests)})
        ).scalar_one()
    )


async def delete_manifest(tx: Tx, *, repository_id: int, digest: str) -> bool:
    """Delete it in the catalog with the tags on it; False: it was gone."""
    statement = (
        sa.delete(manifests)
        .where(_m.repository_id == repository_id, _m.digest == digest)
        .returning(_m.digest)
    )
    return (await tx.execute(statement)).one_or_none() is not None
