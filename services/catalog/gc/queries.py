"""SQL of the collection of garbage."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from libs.common.db.engine import Tx
from services.catalog.gc.domain import (
    Key,
    Phase,
    PushOf,
    Run,
    Untagged,
)
from services.catalog.sync.feed.domain import START, Position
from services.catalog.tables import garbage_runs, write_pauses

_p, _g = write_pauses.c, garbage_runs.c
_clock = sa.func.clock_timestamp()

_NOTE_MISSED = sa.text("""
    UPDATE catalog.manifests m SET untagged_since = now()
    WHERE m.untagged_since IS NULL
      AND NOT EXISTS (SELECT FROM catalog.tags t WHERE t.repository_id = m.repository_id AND t.digest = m.digest)
""")

# Not what is being deleted: that takes all of it, and one of before a restore waits, while what is there may have another owner since.
_WITH_OLD = sa.text("""
    SELECT DISTINCT r.id FROM catalog.manifests m JOIN catalog.repositories r ON r.id = m.repository_id
    WHERE m.untagged_since <= now() - :age AND r.status <> 'deleting'
      AND NOT EXISTS (SELECT FROM catalog.deletions d WHERE d.kind = 'repository' AND d.name = r.path)
      AND NOT EXISTS (SELECT FROM catalog.deletions d WHERE d.kind = 'namespace' AND d.name = split_part(r.path, '/', 1))
    ORDER BY 1
""").bindparams(sa.bindparam("age", type_=sa.Interval))

# What lives: tagged, or not untagged for long, and from there children and referrers, as often as it takes.
_LIST_UNTAGGED = sa.text("""
    WITH RECURSIVE living (repository_id, digest) AS (
        SELECT m.repository_id, m.digest FROM catalog.manifests m
        WHERE m.repository_id = ANY(:ids) AND (m.untagged_since IS NULL OR m.untagged_since > now() - :age)
      UNION
        SELECT n.repository_id, n.digest FROM living l CROSS JOIN LATERAL (
            SELECT c.repository_id, c.child_digest AS digest FROM catalog.manifest_children c
            WHERE c.repository_id = l.repository_id AND c.index_digest = l.digest
          UNION ALL
            SELECT m.repository_id, m.digest FROM catalog.manifests m WHERE m.repository_id = l.repository_id AND m.subject = l.digest
        ) n
    )
    SELECT r.path, m.digest, m.untagged_since, m.size_bytes, EXISTS (
        SELECT FROM catalog.manifest_children c WHERE c.repository_id = m.repository_id AND c.child_digest = m.digest) AS is_child
    FROM catalog.manifests m JOIN catalog.repositories r ON r.id = m.repository_id
    WHERE m.repository_id = ANY(:ids) AND m.untagged_since <= now() - :age
      AND NOT EXISTS (SELECT FROM living l WHERE l.repository_id = m.repository_id AND l.digest = m.digest)
    ORDER BY r.path, m.untagged_since, m.digest
""").bindparams(
    sa.bindparam("ids", type_=sa.ARRAY(sa.BigInteger)), sa.bindparam("age", type_=sa.Interval)
)

_PUSHES = sa.text("""
    SELECT f.id, f.repository, f.digest, f.tag, f.at_ns, (f.xid, f.id) > (CAST(:xid AS bigint), CAST(:id AS bigint)) AS unread
    FROM events.registry_feed f
    JOIN unnest(CAST(:repositories AS text[]), CAST(:digests AS text[])) AS k (repository, digest) USING (repository, digest)
    WHERE f.action = 'push' AND f.at_ns > CAST(:after_ns AS bigint)
""")

_DELETES_READ = sa.text("""
    SELECT count(DISTINCT (f.repository, f.digest)) FROM events.registry_feed f
    JOIN unnest(CAST(:repositories AS text[]), CAST(:digests AS text[])) AS k (repository, digest) USING (repository, digest)
    WHERE f.action = 'delete' AND f.at_ns > CAST(:after_ns AS bigint)
      AND (f.xid, f.id) <= (CAST(:xid AS bigint), CAST(:id AS bigint))
""")

_ADOPTED = sa.text("""
    SELECT DISTINCT k.repository, k.digest
    FROM unnest(CAST(:repositories AS text[]), CAST(:digests AS text[])) AS k (repository, digest)
    JOIN catalog.repositories r ON r.path = k.repository
    JOIN catalog.manifest_children c ON c.repository_id = r.id AND c.child_digest = k.digest
    WHERE NOT EXISTS (
        SELECT FROM unnest(CAST(:repositories AS text[]), CAST(:digests AS text[])) AS d (repository, digest)
        WHERE d.repository = k.repository AND d.digest = c.index_digest)
""")

_ONLY_THEIRS = sa.text("""
    WITH doomed AS MATERIALIZED (
        SELECT r.id AS repository_id, k.digest
        FROM unnest(CAST(:repositories AS text[]), CAST(:digests AS text[])) AS k (repository, digest)
        JOIN catalog.repositories r ON r.path = k.repository),
    theirs AS (
        SELECT b.blob_digest, max(b.size_bytes) AS size_bytes FROM catalog.manifest_blobs b
        JOIN doomed d ON d.repository_id = b.repository_id AND d.digest = b.manifest_digest GROUP BY 1)
    SELECT coalesce(sum(size_bytes), 0)::bigint FROM theirs
    WHERE NOT EXISTS (
        SELECT FROM catalog.manifest_blobs b WHERE b.blob_digest = theirs.blob_digest
        AND NOT EXISTS (SELECT FROM doomed d WHERE d.repository_id = b.repository_id AND d.digest = b.manifest_digest))
""")

_LAST_PUSHES = sa.text("""
    SELECT repository, max(at_ns) AS at_ns FROM events.registry_feed
    WHERE action = 'push' AND at_ns > CAST(:after_ns AS bigint) GROUP BY repository
""")


def _apart(keys: Collection[Key]) -> dict[str, Any]:
    return {
        "repositories": [repository for repository, _ in keys],
        "digests": [digest for _, digest in keys],
    }


async def note_missed(tx: Tx) -> None:
    """Begin to count for manifests without a tag whose last tags went in two transactions at once."""
    await tx.execute(_NOTE_MISSED)


async def list_repositories_with_old(tx: Tx, *, age: timedelta) -> list[int]:
    """Ids of repositories with a manifest that has been untagged for ``age``, child of a tagged index or not; none being deleted."""
    return list((await tx.execute(_WITH_OLD, {"age": age})).scalars())


async def list_untagged(
    tx: Tx, *, repository_ids: Sequence[int], age: timedelta
) -> tuple[list[Untagged], set[Key]]:
    """The manifests that are garbage after ``age``, and which of them are children of an index."""
    rows = (await tx.execute(_LIST_UNTAGGED, {"ids": list(repository_ids), "age": age})).all()
    found = [Untagged(row.path, row.digest, row.untagged_since, row.size_bytes) for row in rows]
    return found, {(row.path, row.digest) for row in rows if row.is_child}


async def list_pushes(
    tx: Tx, *, keys: Collection[Key], after_ns: int, position: Position = START
) -> list[PushOf]:
    """Pushes of these manifests since then (nanoseconds since 1970); unread are those behind ``position``."""
    rows = await tx.execute(
        _PUSHES, {**_apart(keys), "after_ns": after_ns, "xid": position.xid, "id": position.id}
    )
    return [
        PushOf(row.id, (row.repository, row.digest), row.tag, row.at_ns, row.unread) for row in rows
    ]


async def count_deletes_read(
    tx: Tx, *, keys: Collection[Key], after_ns: int, position: Position
) -> int:
    """Of how many of these manifests the catalog has read the deletion, up to its ``position`` in the feed."""
    given = {**_apart(keys), "after_ns": after_ns, "xid": position.xid, "id": position.id}
    return int((await tx.execute(_DELETES_READ, given)).scalar_one())


async def list_adopted(tx: Tx, *, keys: Collection[Key]) -> set[Key]:
    """Those of these manifests that an index which is not among them names as its child."""
    return {(row.repository, row.digest) for row in await tx.execute(_ADOPTED, _apart(keys))}


async def sum_only_theirs(tx: Tx, *, keys: Collection[Key]) -> int:
    """Bytes of the blobs that no manifest but these holds."""
    return int((await tx.execute(_ONLY_THEIRS, _apart(keys))).scalar_one())


async def last_pushes(tx: Tx, *, after_ns: int) -> dict[str, int]:
    """When the last manifest was pushed to each repository since then, in nanoseconds since 1970."""
    return {
        row.repository: row.at_ns for row in await tx.execute(_LAST_PUSHES, {"after_ns": after_ns})
    }


async def put_pause(
    tx: Tx, *, phase: Phase, active_uploads: Collection[str], lasts: timedelta
) -> None:
    """Begin a pause, or change the one that is on."""
    now = {
        "phase": phase.value,
        "active_uploads": sorted(active_uploads),
        "ends_at": _clock + lasts,
    }
    statement = insert(write_pauses).values(id=True, started_at=_clock, **now)
    await tx.execute(statement.on_conflict_do_update(index_elements=["id"], set_=now))


async def renew_pause(tx: Tx, *, lasts: timedelta) -> bool:
    """Let the pause last on; False: it has ended meanwhile."""
    statement = sa.update(write_pauses).where(_p.ends_at > _clock).values(ends_at=_clock + lasts)
    return bool((await tx.execute(statement)).rowcount)


async def end_pause(tx: Tx) -> None:
    """Let everything be written again."""
    await tx.execute(sa.delete(write_pauses))


async def start_run(tx: Tx) -> int:
    """Note that a collection starts."""
    return int((await tx.execute(insert(garbage_runs).returning(_g.id))).scalar_one())


async def finish_run(tx: Tx, *, run: int, manifests_deleted: int, freed_bytes: int) -> None:
    """Note what it did."""
    values = {
        "finished_at": _clock,
        "manifests_deleted": manifests_deleted,
        "freed_bytes": freed_bytes,
    }
    await tx.execute(sa.update(garbage_runs).where(_g.id == run).values(values))


async def find_last_run(tx: Tx) -> Run | None:
    """The last collection that ended."""
    statement = (
        sa.select(garbage_runs)
        .where(_g.finished_at.is_not(None))
        .order_by(_g.started_at.desc())
        .limit(1)
    )
    row = (await tx.execute(statement)).one_or_none()
    return None if row is None else Run(row.started_at, row.manifests_deleted, row.freed_bytes)
