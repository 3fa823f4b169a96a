"""SQL of marks, sweeps, and what protects a blob."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from libs.common.db.engine import Tx
from libs.common.storage.store import BlobEntry
from services.catalog.gc.blobs.domain import GATE_MARGIN, Marked
from services.catalog.tables import (
    blob_touches,
    garbage_blobs,
    garbage_exemptions,
    garbage_runs,
    garbage_state,
    gates,
)

_b, _s, _x, _g = garbage_blobs.c, garbage_state.c, garbage_exemptions.c, gates.c
_CLOCK = sa.func.clock_timestamp()
_EPOCH = sa.select(sa.func.catalog.epoch()).scalar_subquery()  # called once, not for each row

_MARK = sa.text("""
    WITH marked AS (
        INSERT INTO catalog.garbage_blobs (digest, size_bytes, run, epoch)
        SELECT digest, size_bytes, :run, (SELECT catalog.epoch())
        FROM catalog.find_garbage(
            :run, CAST(:digests AS text[]), CAST(:sizes AS bigint[]), CAST(:grace AS interval))
        ORDER BY digest ON CONFLICT DO NOTHING RETURNING size_bytes)
    SELECT count(*), coalesce(sum(size_bytes), 0)::bigint FROM marked
""").bindparams(sa.bindparam("grace", type_=sa.Interval))
_COUNT_UNNEEDED = sa.text("""
    SELECT count(*), coalesce(sum(size_bytes), 0)::bigint FROM catalog.find_garbage(
        :run, CAST(:digests AS text[]), CAST(:sizes AS bigint[]), CAST(:grace AS interval))
""").bindparams(sa.bindparam("grace", type_=sa.Interval))

_COUNT_NEEDED = sa.text("""
    SELECT reason, count(*) AS blobs FROM (
        SELECT coalesce(
            f.reason,
            (SELECT 'marked' FROM catalog.garbage_blobs g WHERE g.digest = f.digest),
            (SELECT 'unknown manifest' FROM catalog.garbage_exemptions x
             WHERE x.run = :run AND x.digest = f.digest),
            (SELECT 'client' FROM catalog.blob_touches t
             WHERE t.digest = f.digest
               AND t.touched_at > clock_timestamp() - CAST(:grace AS interval))) AS reason
        FROM catalog.find_needed(CAST(:digests AS text[])) AS f) AS needed
    WHERE reason IS NOT NULL GROUP BY reason
""").bindparams(sa.bindparam("grace", type_=sa.Interval))

_UNSCANNED = sa.text("""
    SELECT r.path, m.repository_id, m.digest,
           EXISTS (SELECT FROM catalog.manifest_blobs b
                   WHERE b.repository_id = m.repository_id AND b.manifest_digest = m.digest)
           OR EXISTS (SELECT FROM catalog.manifest_children c
                      WHERE c.repository_id = m.repository_id AND c.index_digest = m.digest)
             AS has_references
    FROM catalog.manifests m JOIN catalog.repositories r ON r.id = m.repository_id
    WHERE NOT m.is_scanned
      AND (m.repository_id, m.digest) > (CAST(:after_id AS bigint), CAST(:after_digest AS text))
    ORDER BY m.repository_id, m.digest LIMIT :max_rows
""")

_RECORD_SCANNED = sa.text("""
    WITH scanned AS (
        SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:manifests AS text[]))
                 AS s (repository_id, digest)
    ), others AS (
        INSERT INTO catalog.manifest_other_digests (repository_id, manifest_digest, digest)
        SELECT o.repository_id, o.manifest, o.digest
        FROM unnest(CAST(:other_ids AS bigint[]), CAST(:other_manifests AS text[]),
                    CAST(:others AS text[])) AS o (repository_id, manifest, digest)
        JOIN catalog.manifests m ON m.repository_id = o.repository_id AND m.digest = o.manifest
        WHERE o.digest <> o.manifest AND o.digest IS DISTINCT FROM m.subject
          AND NOT EXISTS (
            SELECT FROM catalog.manifest_blobs b
            WHERE b.repository_id = o.repository_id AND b.manifest_digest = o.manifest
              AND b.blob_digest = o.digest)
          AND NOT EXISTS (
            SELECT FROM catalog.manifest_children c
            WHERE c.repository_id = o.repository_id AND c.index_digest = o.manifest
              AND c.child_digest = o.digest)
        ON CONFLICT DO NOTHING
    )
    UPDATE catalog.manifests m SET is_scanned = true FROM scanned s
    WHERE m.repository_id = s.repository_id AND m.digest = s.digest
""")


_DROP_UNUSABLE_MARKS = sa.text("""
    DELETE FROM catalog.garbage_blobs WHERE digest IN (
        SELECT g.digest FROM catalog.garbage_blobs g JOIN catalog.garbage_runs r ON r.id = g.run
        WHERE g.state = 'doomed'
          AND (g.epoch <> (SELECT catalog.epoch())
               OR (r.finished_at IS NOT NULL AND r.known_at IS NULL))
        LIMIT :max_rows)
""")


async def drop_unusable_marks(tx: Tx, *, limit: int) -> int:
    """Delete doomed marks that no sweep uses, ``limit`` at most. Return their number.

    They are of another epoch (the database was restored, or follows another timeline), or of a run
    that ended before its wait began. This run marks their blobs again.
    """
    return int((await tx.execute(_DROP_UNUSABLE_MARKS, {"max_rows": limit})).rowcount)


async def mark(tx: Tx, *, run: int, blobs: Sequence[BlobEntry], grace: timedelta) -> Marked:
    """Mark those of ``blobs`` that nothing needs as doomed, unless they are marked already.

    What the run exempts, and what clients have asked for within ``grace``, is not marked.
    """
    row = (await tx.execute(_MARK, _blob_values(run, blobs, grace))).one()
    return Marked(row[0], row[1])


async def count_unneeded(
    tx: Tx, *, run: int, blobs: Sequence[BlobEntry], grace: timedelta
) -> Marked:
    """Return the number and the bytes of the blobs that ``mark`` would mark."""
    row = (await tx.execute(_COUNT_UNNEEDED, _blob_values(run, blobs, grace))).one()
    return Marked(row[0], row[1])


async def count_needed(
    tx: Tx, *, run: int, blobs: Sequence[BlobEntry], grace: timedelta
) -> dict[str, int]:
    """Return the number of the blobs that ``mark`` would not mark, by reason."""
    given = {"run": run, "digests": [blob.digest for blob in blobs], "grace": grace}
    return {row.reason: row.blobs for row in await tx.execute(_COUNT_NEEDED, given)}


def _blob_values(run: int, blobs: Sequence[BlobEntry], grace: timedelta) -> dict[str, object]:
    return {
        "run": run,
        "digests": [blob.digest for blob in blobs],
        "sizes": [blob.size for blob in blobs],
        "grace": grace,
    }


async def exempt(tx: Tx, *, run: int, digests: Mapping[str, str]) -> None:
    """Protect ``digests`` (to the reason) during this run."""
    if digests:
        rows = [{"run": run, "digest": one, "reason": why} for one, why in sorted(digests.items())]
        await tx.execute(insert(garbage_exemptions).on_conflict_do_nothing(), rows)


_DROP_EXEMPTIONS = sa.text("""
    DELETE FROM catalog.garbage_exemptions WHERE ctid = ANY(ARRAY(
        SELECT x.ctid FROM catalog.garbage_exemptions x JOIN catalog.garbage_runs r ON r.id = x.run
        WHERE r.finished_at IS NOT NULL LIMIT :max_rows))
""")


async def drop_exemptions(tx: Tx, *, limit: int) -> int:
    """Delete some exemptions of runs that have finished. Return their number."""
    return int((await tx.execute(_DROP_EXEMPTIONS, {"max_rows": limit})).rowcount)


async def assign_transaction_id(tx: Tx) -> int:
    """Return a transaction id that is higher than those of all transactions so far."""
    statement = sa.text("SELECT pg_current_xact_id()::text::bigint")
    return int((await tx.execute(statement)).scalar_one())


async def have_ended(tx: Tx, *, below: int) -> bool:
    """Return whether all transactions with an id lower than ``below`` have ended."""
    statement = sa.text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint >= :below")
    return bool((await tx.execute(statement, {"below": below})).scalar_one())


async def announce(tx: Tx) -> int:
    """Tell the gates that the marks have changed. Return the new generation."""
    statement = (
        sa.update(garbage_state).values(generation=_s.generation + 1).returning(_s.generation)
    )
    return int((await tx.execute(statement)).scalar_one())


async def do_gates_know(tx: Tx, *, generation: int) -> bool:
    """Return whether every gate with a lease has loaded the marks of ``generation``."""
    lagging = sa.exists().where(_g.generation < generation, _g.leased_until + GATE_MARGIN > _CLOCK)
    return not bool((await tx.execute(sa.select(lagging))).scalar_one())


async def start_wait(tx: Tx, *, run: int) -> None:
    """Let the wait of the blobs that this run has marked begin now."""
    await tx.execute(
        sa.update(garbage_runs).where(garbage_runs.c.id == run).values(known_at=_CLOCK)
    )


async def count_marks(tx: Tx) -> int:
    """Return how many blobs are marked."""
    statement = sa.select(sa.func.count()).select_from(garbage_blobs)
    return int((await tx.execute(statement)).scalar_one())


async def delete_old_touches(tx: Tx, *, older_than: timedelta) -> None:
    """Delete touches that protect nothing any more."""
    await tx.execute(sa.delete(blob_touches).where(blob_touches.c.touched_at < _CLOCK - older_than))


async def list_unscanned(
    tx: Tx, *, after: tuple[int, str], limit: int
) -> list[tuple[int, str, str, bool]]:
    """Return manifests whose further digests are unknown, in the order of their keys.

    Each is the id and the path of its repository, its digest, and whether the catalog knows
    references of it.
    """
    given = {"after_id": after[0], "after_digest": after[1], "max_rows": limit}
    return [
        (row.repository_id, row.path, row.digest, row.has_references)
        for row in await tx.execute(_UNSCANNED, given)
    ]


async def record_scanned(tx: Tx, *, digests: Mapping[tuple[int, str], Collection[str]]) -> None:
    """Store the digests in the content of manifests, by repository id and digest."""
    pairs = [(key, one) for key, named in digests.items() for one in named]
    given = {
        "ids": [repository_id for repository_id, _ in digests],
        "manifests": [digest for _, digest in digests],
        "other_ids": [repository_id for (repository_id, _), _ in pairs],
        "other_manifests": [digest for (_, digest), _ in pairs],
        "others": [one for _, one in pairs],
    }
    await tx.execute(_RECORD_SCANNED, given)


_UNKNOWN = sa.text("""
    SELECT k.path, k.digest
    FROM unnest(CAST(:paths AS text[]), CAST(:digests AS text[])) AS k (path, digest)
    WHERE NOT EXISTS (
        SELECT FROM catalog.manifests m JOIN catalog.repositories r ON r.id = m.repository_id
        WHERE r.path = k.path AND m.digest = k.digest)
""")


async def list_unknown(
    tx: Tx, *, manifests_of: Collection[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Return those of the manifests (repository path, digest) that the catalog does not have."""
    given = {
        "paths": [path for path, _ in manifests_of],
        "digests": [digest for _, digest in manifests_of],
    }
    return {(row.path, row.digest) for row in await tx.execute(_UNKNOWN, given)}


_KNOWN_PATHS = sa.text("""
    SELECT r.path FROM catalog.repositories r
    WHERE r.path = ANY(CAST(:paths AS text[]))
      AND EXISTS (SELECT FROM catalog.manifests m WHERE m.repository_id = r.id)
      AND EXISTS (
        SELECT FROM catalog.garbage_runs g
        WHERE g.error IS NULL AND g.finished_at IS NOT NULL AND NOT g.is_dry
          AND g.report ->> 'epoch' = catalog.epoch()
          AND NOT g.report -> 'failures' ? r.path)
""")


async def list_known_paths(tx: Tx, *, paths: Collection[str]) -> set[str]:
    """Return those of the repositories whose manifests the catalog has.

    It has a manifest of them, and an earlier run of the same epoch could list them: a restored
    database can lack others.
    """
    return set((await tx.execute(_KNOWN_PATHS, {"paths": list(paths)})).scalars())


_IS_IN_USE = sa.text("""
    SELECT EXISTS (
             SELECT FROM catalog.manifests m JOIN catalog.repositories r ON r.id = m.repository_id
             WHERE r.path = :path)
        OR EXISTS (
             SELECT FROM catalog.intents WHERE repository = :path AND resolved_at IS NULL)
        OR EXISTS (SELECT FROM catalog.deletions WHERE kind = 'repository' AND name = :path)
        OR EXISTS (SELECT FROM catalog.trash WHERE repository = :path)
        OR EXISTS (SELECT FROM catalog.trash_repositories WHERE path = :path)
""")


async def is_in_use(tx: Tx, *, path: str) -> bool:
    """Return whether a repository has a manifest, an open intent, a deletion, or trash."""
    return bool((await tx.execute(_IS_IN_USE, {"path": path})).scalar_one())
