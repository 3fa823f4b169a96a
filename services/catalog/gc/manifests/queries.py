"""SQL of the manifests that garbage collection deletes."""

from collections.abc import Collection, Sequence
from datetime import timedelta

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.catalog.gc.manifests.domain import UntaggedManifest
from services.catalog.intents.domain import LEASE

_MARK_UNTAGGED = sa.text("""
    UPDATE catalog.manifests m SET untagged_since = now()
    WHERE m.untagged_since IS NULL
      AND NOT EXISTS (
        SELECT FROM catalog.tags t
        WHERE t.repository_id = m.repository_id AND t.digest = m.digest)
""")

# Skips repositories that a deletion names. The deletion itself removes all of their manifests. If
# it is suspended, the manifests may belong to a new owner.
_REPOSITORIES_WITH_UNTAGGED = sa.text("""
    SELECT DISTINCT r.path
    FROM catalog.manifests m JOIN catalog.repositories r ON r.id = m.repository_id
    WHERE m.untagged_since <= now() - :age AND r.status <> 'deleting'
      AND NOT EXISTS (
        SELECT FROM catalog.deletions d WHERE d.kind = 'repository' AND d.name = r.path)
      AND NOT EXISTS (
        SELECT FROM catalog.deletions d
        WHERE d.kind = 'namespace' AND d.name = split_part(r.path, '/', 1))
    ORDER BY 1
""").bindparams(sa.bindparam("age", type_=sa.Interval))

# A manifest is live if it has a tag, or if it lost its last tag or was pulled less than `age` ago.
# The children and the referrers of a live manifest are live too. A child of any index is left out
# until the index is deleted, so that no index ever lacks a child.
_UNTAGGED = sa.text("""
    WITH RECURSIVE given (id, path, namespace) AS MATERIALIZED (
        SELECT r.id, r.path, split_part(r.path, '/', 1) FROM catalog.repositories r
        WHERE r.path = ANY(:paths) AND r.status <> 'deleting'
    ), pulled (repository, digest) AS MATERIALIZED (
        SELECT DISTINCT p.repository, p.digest FROM events.pulled_digests p
        WHERE :keep_pulled AND p.repository = ANY(:paths) AND p.last_pulled_at > now() - :age
    ), live (repository_id, digest) AS (
        SELECT m.repository_id, m.digest FROM catalog.manifests m JOIN given g
          ON g.id = m.repository_id
        WHERE m.untagged_since IS NULL OR m.untagged_since > now() - :age
          OR (g.path, m.digest) IN (SELECT repository, digest FROM pulled)
          OR catalog.is_in_trash(m.repository_id, m.digest)
      UNION
        SELECT n.repository_id, n.digest FROM live l CROSS JOIN LATERAL (
            SELECT c.repository_id, c.child_digest AS digest FROM catalog.manifest_children c
            WHERE c.repository_id = l.repository_id AND c.index_digest = l.digest
          UNION ALL
            SELECT m.repository_id, m.digest FROM catalog.manifests m
            WHERE m.repository_id = l.repository_id AND m.subject = l.digest
        ) n
    )
    SELECT g.namespace, g.path, m.digest, m.untagged_since, m.size_bytes
    FROM catalog.manifests m JOIN given g ON g.id = m.repository_id
    WHERE m.untagged_since <= now() - :age
      AND NOT EXISTS (
        SELECT FROM live l WHERE l.repository_id = m.repository_id AND l.digest = m.digest)
      AND (:with_children OR NOT EXISTS (
        SELECT FROM catalog.manifest_children c
        WHERE c.repository_id = m.repository_id AND c.child_digest = m.digest
          AND c.index_digest <> m.digest))
    ORDER BY g.path, m.untagged_since, m.digest
    LIMIT :max_rows
""").bindparams(
    sa.bindparam("paths", type_=sa.ARRAY(sa.Text)),
    sa.bindparam("age", type_=sa.Interval),
    sa.bindparam("with_children", type_=sa.Boolean),
    sa.bindparam("keep_pulled", type_=sa.Boolean),
    sa.bindparam("max_rows", type_=sa.BigInteger),
)
_ALL = 2**62


async def mark_untagged(tx: Tx) -> None:
    """Mark each manifest without a tag as untagged from now on, unless it is marked already.

    The trigger misses a manifest if two transactions delete its last two tags at the same time.
    """
    await tx.execute(_MARK_UNTAGGED)


async def list_repositories_with_untagged(tx: Tx, *, age: timedelta) -> list[str]:
    """Return the paths of the repositories with a manifest that has had no tag for ``age``.

    Children of tagged indexes count too. Repositories that a deletion names are left out.
    """
    return list((await tx.execute(_REPOSITORIES_WITH_UNTAGGED, {"age": age})).scalars())


async def list_untagged(
    tx: Tx,
    *,
    paths: Sequence[str],
    age: timedelta,
    keep_pulled: bool,
    with_children: bool = False,
    limit: int | None = None,
) -> list[UntaggedManifest]:
    """Return the manifests that have had no tag for ``age`` and that no live manifest needs.

    With ``keep_pulled``, a manifest that was pulled within ``age`` is live. Children of indexes
    that still exist are left out, unless ``with_children`` is true.
    """
    given = {
        "paths": list(paths),
        "age": age,
        "with_children": with_children,
        "keep_pulled": keep_pulled,
        "max_rows": _ALL if limit is None else limit,
    }
    return [
        UntaggedManifest(row.namespace, row.path, row.digest, row.untagged_since, row.size_bytes)
        for row in await tx.execute(_UNTAGGED, given)
    ]


_OPEN_DELETIONS = sa.text("""
    SELECT digest, catalog.insert_intent(
        CAST(ROW(NULL, 'delete_manifest', :namespace, :path, digest, CAST('{}' AS text[]),
                 ARRAY[digest], ARRAY[digest], NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                 NULL, NULL, NULL) AS catalog.intents), CAST(:lease AS interval)) AS intent
    FROM unnest(CAST(:digests AS text[])) AS digest
""").bindparams(sa.bindparam("lease", type_=sa.Interval))

_RESOLVE = sa.text("""
    UPDATE catalog.intents SET resolved_at = clock_timestamp()
    WHERE id = ANY(CAST(:ids AS bigint[])) AND resolved_at IS NULL RETURNING digest
""")

_DELETE = sa.text("""
    DELETE FROM catalog.manifests m USING catalog.repositories r
    WHERE r.id = m.repository_id AND r.path = :path AND m.digest = ANY(CAST(:digests AS text[]))
    RETURNING m.repository_id
""")


async def open_deletions(
    tx: Tx, *, namespace: str, path: str, digests: Collection[str]
) -> dict[str, int]:
    """Insert an intent for the deletion of each manifest. Return their ids by digest.

    A manifest that an open intent needs is left out.
    """
    given = {"namespace": namespace, "path": path, "digests": list(digests), "lease": LEASE}
    rows = await tx.execute(_OPEN_DELETIONS, given)
    return {row.digest: row.intent for row in rows if row.intent is not None}


async def resolve_deletions(tx: Tx, *, ids: Collection[int]) -> list[str]:
    """Resolve intents. Return the digests of those that no other process has resolved."""
    return list((await tx.execute(_RESOLVE, {"ids": list(ids)})).scalars())


async def delete_manifests(tx: Tx, *, path: str, digests: Collection[str]) -> int | None:
    """Delete manifests from the catalog.

    Return the id of their repository, or None if none of them was there.
    """
    rows = await tx.execute(_DELETE, {"path": path, "digests": list(digests)})
    repository_id: int | None = rows.scalars().first()
    return repository_id
