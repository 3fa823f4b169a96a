"""SQL of referrers."""

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from libs.common.db.engine import Tx
from libs.common.registry.names import artifact_tags, fallback_tag
from services.catalog.referrers.domain import (
    MAX_SHOWN,
    Candidate,
    Descriptor,
    Referrer,
    kind_of,
)

# A fallback index can list anything. What has another subject is no referrer of this image. The
# referrers of a deleted image are in the trash with it, although the registry still has them.
_FOUND = """
    WITH repository AS MATERIALIZED (
        SELECT r.id FROM catalog.repositories r
        WHERE r.path = :repository AND r.status <> 'deleting' AND (
          EXISTS (SELECT FROM catalog.manifests m
                  WHERE m.repository_id = r.id AND m.digest = :subject)
          OR NOT EXISTS (SELECT FROM catalog.trash_manifests t
                         WHERE t.repository = r.path AND t.digest = :subject))),
    listed AS (
        SELECT c.repository_id, c.child_digest AS digest
        FROM repository r
        JOIN catalog.tags t ON t.repository_id = r.id AND t.name = :fallback
        JOIN catalog.manifest_children c
          ON c.repository_id = t.repository_id AND c.index_digest = t.digest
        WHERE c.child_digest COLLATE "C" > :after),
    found AS (
"""
_WITH_SUBJECT = """
    (SELECT m.digest COLLATE "C" AS digest, m.descriptor
     FROM catalog.manifests m WHERE m.repository_id = (SELECT id FROM repository)
       AND m.subject = :subject AND m.digest COLLATE "C" > :after {condition}
     ORDER BY m.digest COLLATE "C" LIMIT :max_rows)
"""
_LISTED = """
    (SELECT m.digest COLLATE "C" AS digest, m.descriptor
     FROM listed l JOIN catalog.manifests m USING (repository_id, digest)
     WHERE m.subject IS NULL AND m.digest <> :subject {condition}
     ORDER BY m.digest COLLATE "C" LIMIT :max_rows)
"""
_END = ") SELECT digest, descriptor FROM found ORDER BY digest LIMIT :max_rows"
_OF_TYPE = "AND m.descriptor ->> 'artifactType' = :artifact_type"
_UNKNOWN = "AND m.descriptor IS NULL"


def _candidates(*conditions: str) -> sa.TextClause:
    """Return a statement that lists the referrers that meet one of ``conditions``.

    Each condition is a part of its own, which reads its own index. No referrer meets two of them.
    """
    parts = [
        part.format(condition=condition)
        for condition in conditions
        for part in (_WITH_SUBJECT, _LISTED)
    ]
    return sa.text(_FOUND + " UNION ALL ".join(parts) + _END)


_CANDIDATES = _candidates("")
_CANDIDATES_OF_TYPE = _candidates(_OF_TYPE, _UNKNOWN)
_FALLBACK = sa.text("""
    SELECT t.digest FROM catalog.repositories r JOIN catalog.tags t ON t.repository_id = r.id
    WHERE r.path = :repository AND t.name = :fallback AND EXISTS (
      SELECT FROM catalog.manifest_children c
      WHERE c.repository_id = t.repository_id AND c.index_digest = t.digest)
""")
_STORE = sa.text("""
    UPDATE catalog.manifests m SET descriptor = given.descriptor
    FROM jsonb_array_elements(:descriptors) AS given (descriptor)
    WHERE m.repository_id = (SELECT id FROM catalog.repositories WHERE path = :repository)
      AND m.digest = given.descriptor ->> 'digest' AND m.descriptor IS NULL
""").bindparams(sa.bindparam("descriptors", type_=JSONB))
_REFERRERS_OF = """
    WITH related (digest) AS (
        SELECT m.digest FROM catalog.manifests m
        WHERE m.repository_id = :repository_id AND m.subject = ANY(CAST(:digests AS text[]))
      UNION
        SELECT t.digest FROM catalog.tags t
        WHERE t.repository_id = :repository_id AND t.name = ANY(CAST(:cosign_tags AS text[]))
      UNION
        SELECT m.digest FROM catalog.tags t
        JOIN catalog.manifest_children c
          ON c.repository_id = t.repository_id AND c.index_digest = t.digest
        JOIN catalog.manifests m
          ON m.repository_id = c.repository_id AND m.digest = c.child_digest
        WHERE t.repository_id = :repository_id AND t.name = ANY(CAST(:fallbacks AS text[]))
          AND m.subject IS NULL
    )
"""
_SHOWN = sa.text(f"""{_REFERRERS_OF}
    SELECT m.digest, m.artifact_type, m.descriptor, m.size_bytes, m.pushed_at,
           m.layers -> 0 ->> 'media_type' AS layer_type,
           ARRAY(SELECT t.name FROM catalog.tags t
                 WHERE t.repository_id = m.repository_id AND t.digest = m.digest
                 ORDER BY t.name) AS tags
    FROM related JOIN catalog.manifests m
      ON m.repository_id = :repository_id AND m.digest = related.digest
    WHERE m.digest <> ALL(CAST(:digests AS text[]))
    ORDER BY m.pushed_at DESC, m.digest LIMIT :max_rows
""")  # noqa: S608
_UNREAD = sa.text(f"""{_REFERRERS_OF}
    SELECT m.digest FROM related JOIN catalog.manifests m
      ON m.repository_id = :repository_id AND m.digest = related.digest
    WHERE m.digest <> ALL(CAST(:digests AS text[])) AND m.descriptor IS NULL
    ORDER BY m.pushed_at DESC, m.digest LIMIT :max_rows
""")  # noqa: S608
_IMAGE = sa.text("""
    SELECT r.id, coalesce(CAST(:digest AS text), t.digest) AS digest
    FROM catalog.repositories r
    LEFT JOIN catalog.tags t ON t.repository_id = r.id AND t.name = :tag
    WHERE r.path = :repository
""")


async def list_candidates(
    tx: Tx, *, repository: str, digest: str, artifact_type: str | None, after: str, limit: int
) -> list[Candidate]:
    """Return referrers after the digest ``after``, in byte order.

    Those whose descriptor is unknown are among them, whatever their artifact type is.
    """
    values = {
        "repository": repository,
        "subject": digest,
        "fallback": fallback_tag(digest),
        "after": after,
        "max_rows": limit,
    }
    statement = _CANDIDATES
    if artifact_type is not None:
        statement, values["artifact_type"] = _CANDIDATES_OF_TYPE, artifact_type
    return [Candidate(row.digest, row.descriptor) for row in await tx.execute(statement, values)]


async def find_fallback_index(tx: Tx, *, repository: str, digest: str) -> str | None:
    """Return the digest of the index under the fallback tag of an image, or None."""
    values = {"repository": repository, "fallback": fallback_tag(digest)}
    found: str | None = (await tx.execute(_FALLBACK, values)).scalar_one_or_none()
    return found


async def store_descriptors(
    tx: Tx, *, repository: str, descriptors: Collection[Descriptor]
) -> None:
    """Store the descriptors of manifests that have none."""
    await tx.execute(_STORE, {"repository": repository, "descriptors": list(descriptors)})


async def list_referrers(tx: Tx, *, repository_id: int, digests: Collection[str]) -> list[Referrer]:
    """Return the newest referrers of the images, at most ``MAX_SHOWN``."""
    rows = await tx.execute(_SHOWN, _values(repository_id, digests))
    return [_referrer(row) for row in rows]


def _referrer(row: Any) -> Referrer:
    annotations = (row.descriptor or {}).get("annotations", {})
    return Referrer(
        digest=row.digest,
        artifact_type=row.artifact_type,
        kind=kind_of(
            artifact_type=row.artifact_type,
            layer_type=row.layer_type,
            tags=row.tags,
            annotations=annotations,
        ),
        size_bytes=row.size_bytes,
        pushed_at=row.pushed_at,
        annotations=annotations,
        tags=tuple(row.tags),
    )


async def list_unread(tx: Tx, *, repository_id: int, digest: str) -> list[str]:
    """Return those of the newest referrers of the image whose descriptor is unknown."""
    rows: Iterable[str] = (await tx.execute(_UNREAD, _values(repository_id, [digest]))).scalars()
    return list(rows)


async def find_image(
    tx: Tx, *, repository: str, tag: str | None, digest: str | None
) -> tuple[int, str] | None:
    """Return the id of the repository and the digest of the image, which may not exist."""
    values = {"repository": repository, "tag": tag, "digest": digest}
    row = (await tx.execute(_IMAGE, values)).one_or_none()
    return (row.id, row.digest) if row is not None and row.digest is not None else None


def _values(repository_id: int, digests: Collection[str]) -> dict[str, Any]:
    return {
        "repository_id": repository_id,
        "digests": list(digests),
        "fallbacks": [fallback_tag(digest) for digest in digests],
        "cosign_tags": [tag for digest in digests for tag in artifact_tags(digest)[1:]],
        "max_rows": MAX_SHOWN,
    }
