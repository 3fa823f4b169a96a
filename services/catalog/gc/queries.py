"""SQL of garbage collection."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.catalog.gc.domain import Key, PushEvent, UntaggedManifest
from services.catalog.sync.feed.domain import START, Position


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
    SELECT DISTINCT r.id
    FROM catalog.manifests m JOIN catalog.repositories r ON r.id = m.repository_id
    WHERE m.untagged_since <= now() - :age AND r.status <> 'deleting'
      AND NOT EXISTS (
        SELECT FROM catalog.deletions d WHERE d.kind = 'repository' AND d.name = r.path)
      AND NOT EXISTS (
        SELECT FROM catalog.deletions d
        WHERE d.kind = 'namespace' AND d.name = split_part(r.path, '/', 1))
    ORDER BY 1
""").bindparams(sa.bindparam("age", type_=sa.Interval))

# A manifest is live if it has a tag, or lost its last tag less than `age` ago. The children and the
# referrers of a live manifest are live too.
_UNTAGGED = sa.text("""
    WITH RECURSIVE live (repository_id, digest) AS (
        SELECT m.repository_id, m.digest FROM catalog.manifests m
        WHERE m.repository_id = ANY(:ids)
          AND (m.untagged_since IS NULL OR m.untagged_since > now() - :age)
      UNION
        SELECT n.repository_id, n.digest FROM live l CROSS JOIN LATERAL (
            SELECT c.repository_id, c.child_digest AS digest FROM catalog.manifest_children c
            WHERE c.repository_id = l.repository_id AND c.index_digest = l.digest
          UNION ALL
            SELECT m.repository_id, m.digest FROM catalog.manifests m
            WHERE m.repository_id = l.repository_id AND m.subject = l.digest
        ) n
    )
    SELECT r.path, m.digest, m.untagged_since, m.size_bytes,
           EXISTS (
               SELECT FROM catalog.manifest_children c
               WHERE c.repository_id = m.repository_id AND c.child_digest = m.digest) AS is_child
    FROM catalog.manifests m JOIN catalog.repositories r ON r.id = m.repository_id
    WHERE m.repository_id = ANY(:ids) AND m.untagged_since <= now() - :age
      AND NOT EXISTS (
        SELECT FROM live l WHERE l.repository_id = m.repository_id AND l.digest = m.digest)
    ORDER BY r.path, m.untagged_since, m.digest
""").bindparams(
    sa.bindparam("ids", type_=sa.ARRAY(sa.BigInteger)), sa.bindparam("age", type_=sa.Interval)
)

_PUSHES = sa.text("""
    SELECT f.id, f.repository, f.digest, f.tag, f.at_ns,
           (f.xid, f.id) > (CAST(:xid AS bigint), CAST(:id AS bigint)) AS unread
    FROM events.registry_feed f
    JOIN unnest(CAST(:repositories AS text[]), CAST(:digests AS text[]))
         AS k (repository, digest) USING (repository, digest)
    WHERE f.action = 'push' AND f.at_ns > CAST(:after_ns AS bigint)
""")

_APPLIED_DELETIONS = sa.text("""
    SELECT count(DISTINCT (f.repository, f.digest)) FROM events.registry_feed f
    JOIN unnest(CAST(:repositories AS text[]), CAST(:digests AS text[]))
         AS k (repository, digest) USING (repository, digest)
    WHERE f.action = 'delete' AND f.at_ns > CAST(:after_ns AS bigint)
      AND (f.xid, f.id) <= (CAST(:xid AS bigint), CAST(:id AS bigint))
""")

_CHILDREN_OF_OTHER_INDEXES = sa.text("""
    SELECT DISTINCT k.repository, k.digest
    FROM unnest(CAST(:repositories AS text[]), CAST(:digests AS text[])) AS k (repository, digest)
    JOIN catalog.repositories r ON r.path = k.repository
    JOIN catalog.manifest_children c ON c.repository_id = r.id AND c.child_digest = k.digest
    WHERE NOT EXISTS (
        SELECT FROM unnest(CAST(:repositories AS text[]), CAST(:digests AS text[]))
                    AS d (repository, digest)
        WHERE d.repository = k.repository AND d.digest = c.index_digest)
""")

_EXCLUSIVE_BYTES = sa.text("""
    WITH given AS MATERIALIZED (
        SELECT r.id AS repository_id, k.digest
        FROM unnest(CAST(:repositories AS text[]), CAST(:digests AS text[]))
             AS k (repository, digest)
        JOIN catalog.repositories r ON r.path = k.repository),
    blobs AS (
        SELECT b.blob_digest, max(b.size_bytes) AS size_bytes FROM catalog.manifest_blobs b
        JOIN given g ON g.repository_id = b.repository_id AND g.digest = b.manifest_digest
        GROUP BY 1)
    SELECT coalesce(sum(size_bytes), 0)::bigint FROM blobs
    WHERE NOT EXISTS (
        SELECT FROM catalog.manifest_blobs b
        WHERE b.blob_digest = blobs.blob_digest AND NOT EXISTS (
            SELECT FROM given g
            WHERE g.repository_id = b.repository_id AND g.digest = b.manifest_digest))
""")

_LAST_PUSHES = sa.text("""
    SELECT repository, max(at_ns) AS at_ns FROM events.registry_feed
    WHERE action = 'push' AND at_ns > CAST(:after_ns AS bigint) GROUP BY repository
""")


def _to_arrays(keys: Collection[Key]) -> dict[str, Any]:
    return {
        "repositories": [repository for repository, _ in keys],
        "digests": [digest for _, digest in keys],
    }


async def mark_untagged(tx: Tx) -> None:
    """Mark each manifest without a tag as untagged from now on, unless it is marked already.

    The trigger misses a manifest if two transactions delete its last two tags at the same time.
    """
    await tx.execute(_MARK_UNTAGGED)


async def list_repositories_with_untagged(tx: Tx, *, age: timedelta) -> list[int]:
    """Return the ids of the repositories with a manifest that has had no tag for ``age``.

    Children of tagged indexes count too. Repositories that a deletion names are left out.
    """
    return list((await tx.execute(_REPOSITORIES_WITH_UNTAGGED, {"age": age})).scalars())


async def list_untagged(
    tx: Tx, *, repository_ids: Sequence[int], age: timedelta
) -> tuple[list[UntaggedManifest], set[Key]]:
    """Return the manifests that have had no tag for ``age``, and those that an index lists.

    Children and referrers of live manifests are left out.
    """
    rows = (await tx.execute(_UNTAGGED, {"ids": list(repository_ids), "age": age})).all()
    found = [
        UntaggedManifest(row.path, row.digest, row.untagged_since, row.size_bytes) for row in rows
    ]
    return found, {(row.path, row.digest) for row in rows if row.is_child}


async def list_pushes(
    tx: Tx, *, keys: Collection[Key], after_ns: int, position: Position = START
) -> list[PushEvent]:
    """Return the push events of these manifests after ``after_ns`` (nanoseconds since 1970).

    Events after ``position`` in the feed are unread.
    """
    given = {**_to_arrays(keys), "after_ns": after_ns, "xid": position.xid, "id": position.id}
    return [
        PushEvent(row.id, (row.repository, row.digest), row.tag, row.at_ns, row.unread)
        for row in await tx.execute(_PUSHES, given)
    ]


async def count_applied_deletions(
    tx: Tx, *, keys: Collection[Key], after_ns: int, position: Position
) -> int:
    """Return how many of these manifests have a deletion in the feed, up to ``position``.

    Deletions before ``after_ns`` (nanoseconds since 1970) do not count.
    """
    given = {**_to_arrays(keys), "after_ns": after_ns, "xid": position.xid, "id": position.id}
    return int((await tx.execute(_APPLIED_DELETIONS, given)).scalar_one())


async def list_children_of_other_indexes(tx: Tx, *, keys: Collection[Key]) -> set[Key]:
    """Return those of these manifests that are children of an index outside of ``keys``."""
    rows = await tx.execute(_CHILDREN_OF_OTHER_INDEXES, _to_arrays(keys))
    return {(row.repository, row.digest) for row in rows}


async def sum_exclusive_bytes(tx: Tx, *, keys: Collection[Key]) -> int:
    """Return the bytes of the blobs that only these manifests reference."""
    return int((await tx.execute(_EXCLUSIVE_BYTES, _to_arrays(keys))).scalar_one())


async def get_last_pushes(tx: Tx, *, after_ns: int) -> dict[str, int]:
    """Return the time of the last push to each repository that has one after ``after_ns``.

    Both times are in nanoseconds since 1970.
    """
    rows = await tx.execute(_LAST_PUSHES, {"after_ns": after_ns})
    return {row.repository: row.at_ns for row in rows}
