"""SQL of the sha512 digests of manifests.

Distribution stores a manifest under its sha256 digest only. An alias says that two digests belong
to the same content, which stays true whatever happens to the manifest. Whether a repository has
the manifest is decided under its sha256 digest.
"""

from datetime import timedelta

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.catalog.tables import manifest_aliases

UNUSED_AGE = timedelta(days=1)
"""An alias that no manifest needs is deleted after this time. A push records it first."""

_RECORD = sa.text("""
    INSERT INTO catalog.manifest_aliases AS a (digest, canonical) VALUES (:digest, :canonical)
    ON CONFLICT (digest) DO UPDATE SET recorded_at = now()
""")

_DELETE_UNUSED = sa.text("""
    DELETE FROM catalog.manifest_aliases WHERE digest IN (
      SELECT a.digest FROM catalog.manifest_aliases a
      WHERE a.recorded_at < now() - CAST(:age AS interval)
        AND NOT EXISTS (SELECT FROM catalog.manifests m WHERE m.digest = a.canonical)
        AND NOT EXISTS (SELECT FROM catalog.trash_manifests t WHERE t.digest = a.canonical)
      LIMIT :limit FOR UPDATE SKIP LOCKED)
""").bindparams(sa.bindparam("age", type_=sa.Interval), sa.bindparam("limit", type_=sa.Integer))


async def record_alias(tx: Tx, *, digest: str, canonical: str) -> None:
    """Record that ``canonical`` is the sha256 digest of the content with the sha512 ``digest``."""
    await tx.execute(_RECORD, {"digest": digest, "canonical": canonical})


async def find_canonical(tx: Tx, *, digest: str) -> str | None:
    """Return the sha256 digest of the content with the sha512 ``digest``, or None if unknown."""
    statement = sa.select(manifest_aliases.c.canonical).where(manifest_aliases.c.digest == digest)
    canonical: str | None = (await tx.execute(statement)).scalar_one_or_none()
    return canonical


async def delete_unused(tx: Tx, limit: int) -> int:
    """Delete at most ``limit`` old aliases of manifests that no repository and no trash has."""
    result = await tx.execute(_DELETE_UNUSED, {"age": UNUSED_AGE, "limit": limit})
    return int(result.rowcount)
