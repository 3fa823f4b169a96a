"""SQL of the deletion of blobs: what needs a blob in a repository."""

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.catalog.deletion.blobs.domain import Dependent, Need, RepositoryState

_STATE = sa.text("""
    SELECT r.id IS NOT NULL AS "exists",
           n.deleting OR coalesce(r.status = 'deleting', false) OR EXISTS (
             SELECT FROM catalog.deletions d
             WHERE d.kind = 'repository' AND d.name = :repository) AS is_deleting
    FROM catalog.namespaces n LEFT JOIN catalog.repositories r ON r.path = :repository
    WHERE n.name = :namespace
""")

# The repository is found by its path: it may have been deleted and created again.
_DEPENDENT = sa.text("""
    SELECT 'image' AS need, found.digest,
           (SELECT min(t.name) FROM catalog.tags t
            WHERE t.repository_id = found.repository_id AND t.digest = found.digest) AS tag
    FROM catalog.repositories r CROSS JOIN LATERAL (
        SELECT repository_id, manifest_digest AS digest FROM catalog.manifest_blobs
        WHERE repository_id = r.id AND blob_digest = :digest
      UNION ALL
        SELECT repository_id, index_digest FROM catalog.manifest_children
        WHERE repository_id = r.id AND child_digest = :digest
      UNION ALL
        SELECT repository_id, manifest_digest FROM catalog.manifest_other_digests
        WHERE repository_id = r.id AND digest = :digest
    ) AS found
    WHERE r.path = :repository
  UNION ALL
    SELECT 'push', i.digest, i.tags[1] FROM catalog.intents i
    WHERE i.repository = :repository AND i.resolved_at IS NULL AND :digest = ANY(i.needs)
      AND i.kind IN ('put_manifest', 'restore_tag', 'restore', 'copy')
  UNION ALL
    SELECT 'trash', m.digest, NULL
    FROM catalog.trash_digests d
    JOIN catalog.trash e ON e.id = d.entry_id
      AND (e.expires_at > clock_timestamp() OR e.restoring_since IS NOT NULL)
    JOIN catalog.trash_manifests m ON m.entry_id = e.id AND m.repository = d.repository
    WHERE d.digest = :digest AND d.repository = :repository
      AND (NOT :restore_links AND (m.blobs @> jsonb_build_array(jsonb_build_array(:digest))
                                   OR :digest = ANY(m.other_digests))
           OR :digest = ANY(m.children))
    LIMIT 1
""").bindparams(
    sa.bindparam("digest", type_=sa.Text), sa.bindparam("restore_links", type_=sa.Boolean)
)


async def find_state(tx: Tx, *, namespace: str, repository: str) -> RepositoryState | None:
    """Return the state of the path ``repository``, or None if its namespace does not exist."""
    values = {"namespace": namespace, "repository": repository}
    row = (await tx.execute(_STATE, values)).one_or_none()
    return RepositoryState(row.exists, row.is_deleting) if row else None


async def find_dependent(
    tx: Tx, *, repository: str, digest: str, restore_links: bool
) -> Dependent | None:
    """Return something that needs the blob ``digest`` in a repository, or None.

    What the trash needs counts only if a restore could not link it again. ``restore_links`` is
    whether it could link the blob as a layer.
    """
    values = {"repository": repository, "digest": digest, "restore_links": restore_links}
    row = (await tx.execute(_DEPENDENT, values)).one_or_none()
    return Dependent(Need(row.need), row.digest, row.tag) if row else None
