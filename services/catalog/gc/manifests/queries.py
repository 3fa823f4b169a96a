"""SQL of the manifests that garbage collection deletes."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.catalog.gc.manifests.domain import UntaggedManifest
from services.catalog.intents.domain import LEASE

_MARK_UNTAGGED = sa.text("""
    UPDATE catalog.manifests m SET untagged_since = now()
    FROM catalog.repositories r
    WHERE r.path = ANY(:paths) AND m.repository_id = r.id AND m.untagged_since IS NULL
      AND NOT EXISTS (
        SELECT FROM catalog.tags t
        WHERE t.repository_id = m.repository_id AND t.digest = m.digest)
""").bindparams(sa.bindparam("paths", type_=sa.ARRAY(sa.Text)))

# Skips repositories that a deletion names. The deletion itself removes all of their manifests. If
# it is suspended, the manifests may belong to a new owner.
_PATHS = sa.text("""
    SELECT r.path FROM catalog.repositories r
    WHERE r.status <> 'deleting'
      AND NOT EXISTS (
        SELECT FROM catalog.deletions d WHERE d.kind = 'repository' AND d.name = r.path)
      AND NOT EXISTS (
        SELECT FROM catalog.deletions d
        WHERE d.kind = 'namespace' AND d.name = split_part(r.path, '/', 1))
    ORDER BY 1
""")

# A manifest is live if it has a tag, or if it lost its last tag or was pulled less than `age` ago.
# The children and the referrers of a live manifest are live too. A child of any index is left out
# until the index is deleted, so that no index ever lacks a child. A manifest without a tag that is
# not marked counts as untagged from now on.
_UNTAGGED = sa.text("""
    WITH RECURSIVE given (id, path, namespace) AS MATERIALIZED (
        SELECT r.id, r.path, split_part(r.path, '/', 1) FROM catalog.repositories r
        WHERE r.path = ANY(:paths) AND r.status <> 'deleting'
    ), pulled (repository, digest) AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:pulled_paths AS text[]), CAST(:pulled_digests AS text[]))
    ), old (repository_id, digest) AS MATERIALIZED (
        SELECT m.repository_id, m.digest FROM catalog.manifests m JOIN given g
          ON g.id = m.repository_id
        WHERE coalesce(m.untagged_since, now()) <= now() - :age
          AND NOT EXISTS (
            SELECT FROM catalog.tags t
            WHERE t.repository_id = m.repository_id AND t.digest = m.digest)
          AND NOT EXISTS (
            SELECT FROM pulled p WHERE p.repository = g.path AND p.digest = m.digest)
          AND NOT catalog.is_in_trash(m.repository_id, m.digest)
    ), live (repository_id, digest) AS (
        SELECT m.repository_id, m.digest FROM catalog.manifests m JOIN given g
          ON g.id = m.repository_id
        WHERE NOT EXISTS (
            SELECT FROM old o WHERE o.repository_id = m.repository_id AND o.digest = m.digest)
      UNION
        SELECT n.repository_id, n.digest FROM live l CROSS JOIN LATERAL (
            SELECT c.repository_id, c.child_digest AS digest FROM catalog.manifest_children c
            WHERE c.repository_id = l.repository_id AND c.index_digest = l.digest
          UNION ALL
            SELECT m.repository_id, m.digest FROM catalog.manifests m
            WHERE m.repository_id = l.repository_id AND m.subject = l.digest
        ) n
    )
    SELECT g.namespace, g.path, m.digest, coalesce(m.untagged_since, now()) AS since, m.size_bytes
    FROM old o JOIN given g ON g.id = o.repository_id
      JOIN catalog.manifests m ON m.repository_id = o.repository_id AND m.digest = o.digest
    WHERE NOT EXISTS (
        SELECT FROM live l WHERE l.repository_id = m.repository_id AND l.digest = m.digest)
      AND (:with_children OR NOT EXISTS (
        SELECT FROM catalog.manifest_children c
        WHERE c.repository_id = m.repository_id AND c.child_digest = m.digest
          AND c.index_digest <> m.digest))
    ORDER BY g.path, since, m.digest
""").bindparams(
    sa.bindparam("paths", type_=sa.ARRAY(sa.Text)),
    sa.bindparam("age", type_=sa.Interval),
    sa.bindparam("with_children", type_=sa.Boolean),
)

_PULLED = sa.text("""
    SELECT DISTINCT p.repository, p.digest FROM events.pulled_digests p
    WHERE p.repository = ANY(:paths) AND p.last_pulled_at > :after AND p.last_pulled_at <= :until
""").bindparams(
    sa.bindparam("paths", type_=sa.ARRAY(sa.Text)),
    sa.bindparam("after", type_=sa.TIMESTAMP(timezone=True)),
    sa.bindparam("until", type_=sa.TIMESTAMP(timezone=True)),
)

# Follows the relations from the given manifests upwards: to indexes, and to subjects.
_STILL_UNTAGGED = sa.text("""
    WITH RECURSIVE repository (id) AS MATERIALIZED (
        SELECT r.id FROM catalog.repositories r WHERE r.path = :path AND r.status <> 'deleting'
    ), above (origin, repository_id, digest) AS (
        SELECT m.digest, m.repository_id, m.digest
        FROM catalog.manifests m JOIN repository r ON r.id = m.repository_id
        WHERE m.digest = ANY(CAST(:digests AS text[]))
          AND NOT EXISTS (
            SELECT FROM catalog.manifest_children c
            WHERE c.repository_id = m.repository_id AND c.child_digest = m.digest
              AND c.index_digest <> m.digest)
      UNION
        SELECT a.origin, a.repository_id, n.digest FROM above a CROSS JOIN LATERAL (
            SELECT c.index_digest AS digest FROM catalog.manifest_children c
            WHERE c.repository_id = a.repository_id AND c.child_digest = a.digest
          UNION ALL
            SELECT m.subject FROM catalog.manifests m
            WHERE m.repository_id = a.repository_id AND m.digest = a.digest
              AND m.subject IS NOT NULL
        ) n
    )
    SELECT a.origin FROM above a LEFT JOIN catalog.manifests m
      ON m.repository_id = a.repository_id AND m.digest = a.digest
    GROUP BY a.origin
    HAVING NOT coalesce(bool_or(
        coalesce(m.untagged_since, now()) > now() - :age
        OR EXISTS (
            SELECT FROM catalog.tags t
            WHERE t.repository_id = m.repository_id AND t.digest = m.digest)
        OR catalog.is_in_trash(m.repository_id, m.digest)) FILTER (WHERE m.digest IS NOT NULL),
      false)
""").bindparams(sa.bindparam("age", type_=sa.Interval))


async def mark_untagged(tx: Tx, *, paths: Sequence[str]) -> None:
    """Mark each manifest without a tag as untagged from now on, unless it is marked already.

    The trigger misses a manifest if two transactions delete its last two tags at the same time.
    """
    await tx.execute(_MARK_UNTAGGED, {"paths": list(paths)})


async def list_paths(tx: Tx) -> list[str]:
    """Return the paths of all repositories, but for those that a deletion names."""
    return list((await tx.execute(_PATHS)).scalars())


async def list_pulled(
    tx: Tx, *, paths: Sequence[str], after: datetime, until: datetime
) -> set[tuple[str, str]]:
    """Return the manifests (repository path, digest) that were pulled in this time."""
    given = {"paths": list(paths), "after": after, "until": until}
    return {(row.repository, row.digest) for row in await tx.execute(_PULLED, given)}


async def list_untagged(
    tx: Tx,
    *,
    paths: Sequence[str],
    age: timedelta,
    pulled: Collection[tuple[str, str]],
    with_children: bool = False,
) -> list[UntaggedManifest]:
    """Return the manifests that have had no tag for ``age`` and that no live manifest needs.

    The manifests ``pulled`` (repository path, digest) are live. Children of indexes that still
    exist are left out, unless ``with_children`` is true.
    """
    given = {
        "paths": list(paths),
        "age": age,
        "with_children": with_children,
        "pulled_paths": [path for path, _ in pulled],
        "pulled_digests": [digest for _, digest in pulled],
    }
    return [
        UntaggedManifest(row.namespace, row.path, row.digest, row.since, row.size_bytes)
        for row in await tx.execute(_UNTAGGED, given)
    ]


async def list_still_untagged(
    tx: Tx, *, path: str, digests: Collection[str], age: timedelta
) -> list[str]:
    """Return those of the manifests from ``list_untagged`` that would still be in its result.

    Reads only these manifests, and those that need them. Pulls do not count.
    """
    given = {"path": path, "digests": list(digests), "age": age}
    return list((await tx.execute(_STILL_UNTAGGED, given)).scalars())


_OPEN_DELETIONS = sa.text("""
    SELECT digest, catalog.insert_intent(
        CAST(ROW(NULL, 'delete_manifest', :namespace, :path, digest, CAST('{}' AS text[]),
                 ARRAY[digest], ARRAY[digest], NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                 NULL, NULL, NULL) AS catalog.intents), CAST(:lease AS interval)) AS intent
    FROM unnest(CAST(:digests AS text[])) AS digest
""").bindparams(sa.bindparam("lease", type_=sa.Interval))

_LEASES = sa.text("""
    SELECT id, leased_until FROM catalog.intents WHERE id = ANY(CAST(:ids AS bigint[]))
""")

_RESOLVE = sa.text("""
    UPDATE catalog.intents i SET resolved_at = clock_timestamp()
    FROM unnest(CAST(:ids AS bigint[]), CAST(:ends AS timestamptz[])) AS given (id, ends)
    WHERE i.id = given.id AND i.leased_until = given.ends AND i.resolved_at IS NULL
    RETURNING i.digest
""")

_DELETE = sa.text("""
    DELETE FROM catalog.manifests m USING catalog.repositories r
    WHERE r.id = m.repository_id AND r.path = :path AND m.digest = ANY(CAST(:digests AS text[]))
    RETURNING m.repository_id
""")


async def open_deletions(
    tx: Tx, *, namespace: str, path: str, digests: Collection[str]
) -> dict[str, tuple[int, datetime]]:
    """Insert an intent for the deletion of each manifest.

    Return their ids, and the ends of their leases, by digest. A manifest that an open intent needs
    is left out.
    """
    given = {"namespace": namespace, "path": path, "digests": list(digests), "lease": LEASE}
    rows = await tx.execute(_OPEN_DELETIONS, given)
    ids = {row.digest: row.intent for row in rows if row.intent is not None}
    rows = await tx.execute(_LEASES, {"ids": list(ids.values())})
    ends = {row.id: row.leased_until for row in rows}
    return {digest: (id_, ends[id_]) for digest, id_ in ids.items()}


async def resolve_deletions(tx: Tx, *, versions: Collection[tuple[int, datetime]]) -> list[str]:
    """Resolve the intents that these ``versions`` of leases are on: ids, and ends of the leases.

    Return their digests, without those that another process has taken over or has resolved.
    """
    values = {"ids": [id_ for id_, _ in versions], "ends": [end for _, end in versions]}
    return list((await tx.execute(_RESOLVE, values)).scalars())


async def delete_manifests(tx: Tx, *, path: str, digests: Collection[str]) -> int | None:
    """Delete manifests from the catalog.

    Return the id of their repository, or None if none of them was there.
    """
    rows = await tx.execute(_DELETE, {"path": path, "digests": list(digests)})
    repository_id: int | None = rows.scalars().first()
    return repository_id
