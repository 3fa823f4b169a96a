"""SQL of the digests of other algorithms than sha256, such as sha512.

Distribution stores manifests and blobs under their sha256 digests only. An alias says that two
digests belong to the same content, which stays true whatever happens to the content. Whether a
repository has it is decided under its sha256 digest.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.catalog.tables import manifest_aliases

UNUSED_AGE = timedelta(days=1)
"""An alias that nothing needs is deleted after this time. A push records it first."""

_RECORD = sa.text("""
    INSERT INTO catalog.manifest_aliases AS a (digest, canonical)
    SELECT * FROM unnest(CAST(:digests AS text[]), CAST(:canonicals AS text[]))
             AS s (digest, canonical) ORDER BY digest
    ON CONFLICT (digest) DO UPDATE SET recorded_at = now()
""")

_DELETE_UNUSED = sa.text("""
    DELETE FROM catalog.manifest_aliases WHERE digest IN (
      SELECT a.digest FROM catalog.manifest_aliases a
      WHERE a.recorded_at < now() - CAST(:age AS interval)
        AND NOT EXISTS (SELECT FROM catalog.manifests m WHERE m.digest = a.canonical)
        AND NOT EXISTS (SELECT FROM catalog.trash_manifests t WHERE t.digest = a.canonical)
        AND NOT EXISTS (SELECT FROM catalog.manifest_blobs b WHERE b.blob_digest = a.digest)
        AND NOT EXISTS (SELECT FROM catalog.trash_digests d WHERE d.digest = a.digest)
      LIMIT :limit FOR UPDATE SKIP LOCKED)
""").bindparams(sa.bindparam("age", type_=sa.Interval), sa.bindparam("limit", type_=sa.Integer))


async def record_aliases(tx: Tx, *, aliases: Mapping[str, str]) -> None:
    """Record that each digest of ``aliases`` and its sha256 digest belong to the same content."""
    values = {"digests": list(aliases), "canonicals": list(aliases.values())}
    await tx.execute(_RECORD, values)


async def find_canonical(tx: Tx, *, digest: str) -> str | None:
    """Return the sha256 digest of the content with the sha512 ``digest``, or None if unknown."""
    return (await list_canonicals(tx, digests=[digest])).get(digest)


async def list_canonicals(tx: Tx, *, digests: Collection[str]) -> dict[str, str]:
    """Return the sha256 digests of those of ``digests`` that are known."""
    columns = manifest_aliases.c
    rows = await tx.execute(
        sa.select(columns.digest, columns.canonical).where(columns.digest.in_(digests))
    )
    return {row.digest: row.canonical for row in rows}


async def delete_unused(tx: Tx, limit: int) -> int:
    """Delete at most ``limit`` old aliases that no manifest and no trash needs."""
    result = await tx.execute(_DELETE_UNUSED, {"age": UNUSED_AGE, "limit": limit})
    return int(result.rowcount)
