"""SQL of copies: what an image needs, and what the target has of it."""

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.catalog.copying.domain import MAX_MANIFESTS, Part
from services.catalog.tables import copies, repositories, tags

_t = tags.c

# A tag that belongs to another image, such as one of cosign, is set as in the source. But it holds
# all signatures of an image: if the target has others there, the tag stays as it is.
_PARTS = sa.text("""
    WITH RECURSIVE part (digest) AS (
        SELECT CAST(:digest AS text)
      UNION
        SELECT found.digest FROM part CROSS JOIN LATERAL (
            SELECT c.child_digest AS digest FROM catalog.manifest_children c
            WHERE c.repository_id = :source_id AND c.index_digest = part.digest
          UNION ALL
            SELECT m.digest FROM catalog.manifests m
            WHERE m.repository_id = :source_id AND m.subject = part.digest
          UNION ALL
            SELECT t.digest FROM unnest(ARRAY['', '.sig', '.att', '.sbom']) AS suffix
            JOIN catalog.tags t
              ON t.repository_id = :source_id AND t.name = replace(part.digest, ':', '-') || suffix
        ) AS found
    ),
    known AS (
        SELECT m.digest, m.layers FROM part
        JOIN catalog.manifests m ON m.repository_id = :source_id AND m.digest = part.digest
        LIMIT :max_rows),
    artifact AS (
        SELECT t.digest, t.name FROM known k
        CROSS JOIN unnest(ARRAY['', '.sig', '.att', '.sbom']) AS suffix
        JOIN catalog.tags t
          ON t.repository_id = :source_id AND t.name = replace(k.digest, ':', '-') || suffix)
    SELECT k.digest,
           ARRAY(SELECT c.child_digest FROM catalog.manifest_children c
                 WHERE c.repository_id = :source_id AND c.index_digest = k.digest) AS children,
           EXISTS (SELECT FROM catalog.manifests m
                   WHERE m.repository_id = target.id AND m.digest = k.digest) AS is_copied,
           ARRAY(
             SELECT a.name FROM artifact a
             LEFT JOIN catalog.tags t ON t.repository_id = target.id AND t.name = a.name
             LEFT JOIN catalog.manifests m
               ON m.repository_id = t.repository_id AND m.digest = t.digest
             WHERE a.digest = k.digest AND t.digest IS DISTINCT FROM a.digest
               AND NOT EXISTS (
                 SELECT FROM jsonb_array_elements(m.layers) AS layer
                 WHERE NOT k.layers @> jsonb_build_array(
                   jsonb_build_object('digest', layer -> 'digest')))
               AND NOT EXISTS (
                 SELECT FROM catalog.manifest_children c
                 WHERE c.repository_id = m.repository_id AND c.index_digest = m.digest
                   AND NOT EXISTS (
                     SELECT FROM catalog.manifest_children s
                     WHERE s.repository_id = :source_id AND s.index_digest = k.digest
                       AND s.child_digest = c.child_digest))
             ORDER BY a.name) AS tags
    FROM known k
    LEFT JOIN catalog.repositories target ON target.path = :target
""")


async def list_parts(tx: Tx, *, source_id: int, digest: str, target: str) -> dict[str, Part]:
    """Return the image with all that it needs and all that belongs to it, by digest.

    ``target`` is the path of the repository to copy to. At most one part more than
    ``MAX_MANIFESTS`` is returned. A child that is a blob is no part.
    """
    values = {
        "source_id": source_id,
        "digest": digest,
        "target": target,
        "max_rows": MAX_MANIFESTS + 1,
    }
    return {
        row.digest: Part(row.digest, frozenset(row.children), tuple(row.tags), row.is_copied)
        for row in await tx.execute(_PARTS, values)
    }


async def insert_copy(tx: Tx, *, intent_id: int, source: str) -> None:
    """Record the source of a copy, with the intent that sets its tag."""
    await tx.execute(sa.insert(copies).values(intent_id=intent_id, source=source))


async def find_source(tx: Tx, *, intent_id: int) -> str | None:
    """Return the source of the copy whose tag the intent sets, or None if it sets none."""
    statement = sa.select(copies.c.source).where(copies.c.intent_id == intent_id)
    source: str | None = (await tx.execute(statement)).scalar_one_or_none()
    return source


async def find_digest(tx: Tx, *, path: str, tag: str) -> str | None:
    """Return the digest that a tag of the repository ``path`` names, or None."""
    statement = (
        sa.select(_t.digest)
        .join(repositories, repositories.c.id == _t.repository_id)
        .where(repositories.c.path == path, _t.name == tag)
    )
    digest: str | None = (await tx.execute(statement)).scalar_one_or_none()
    return digest
