"""SQL of retention: the tags with their last uses, what is counted, and the runs."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from libs.common.db.engine import Tx
from services.catalog.retention.domain import Progress, Run, Tag
from services.catalog.tables import (
    repositories,
    retention_deletions,
    retention_runs,
    retention_state,
    rules,
)

_g = retention_runs.c
_CLOCK = sa.func.clock_timestamp()
_KEPT_FOR = timedelta(days=365)
_IS_OPEN = _g.finished_at.is_(None)

# A use from before the name became free belongs to a deleted repository. `names` limits the tags.
_TAGS = """
    WITH chosen AS MATERIALIZED (
        SELECT r.id, r.path, coalesce(n.available_at, '-infinity') AS since
        FROM catalog.repositories r
        LEFT JOIN catalog.reserved_names n ON n.kind = 'repository' AND n.name = r.path
        WHERE r.id = ANY(:ids)
    ), tags AS MATERIALIZED (
        SELECT c.id, c.path, t.name, t.digest, t.pushed_at
        FROM chosen c JOIN catalog.tags t ON t.repository_id = c.id
        WHERE NOT catalog.is_artifact_tag(t.name) {only}
    ), uses AS MATERIALIZED (
        SELECT c.id, u.reference, max(u.last_used_at) AS at
        FROM chosen c JOIN events.reference_uses u
          ON u.repository = c.path AND u.last_used_at >= c.since
        WHERE u.repository = ANY(:paths) {only_used} GROUP BY c.id, u.reference
    ), sums AS MATERIALIZED (
        SELECT s.repository, s.tag, s.last_pulled_at FROM events.pull_sums s
        WHERE s.repository = ANY(:paths) {only_pulled}
    )
    SELECT t.path, t.name, t.digest, t.pushed_at,
           greatest(s.last_pulled_at, by_tag.at, by_digest.at) AS last_used_at
    FROM tags t
    LEFT JOIN sums s ON s.repository = t.path AND s.tag = t.name
    LEFT JOIN uses by_tag ON by_tag.id = t.id AND by_tag.reference = t.name
    LEFT JOIN uses by_digest ON by_digest.id = t.id AND by_digest.reference = t.digest
    ORDER BY t.path COLLATE "C", t.name COLLATE "C"
"""
_TYPES = (
    sa.bindparam("ids", type_=sa.ARRAY(sa.BigInteger)),
    sa.bindparam("paths", type_=sa.ARRAY(sa.Text)),
)
_ALL_TAGS = sa.text(_TAGS.format(only="", only_used="", only_pulled="")).bindparams(*_TYPES)
_SOME_TAGS = sa.text(
    _TAGS.format(
        only="AND t.name = ANY(:names)",
        only_used="AND u.reference IN (SELECT unnest(ARRAY[name, digest]) FROM tags)",
        only_pulled="AND s.tag = ANY(:names)",
    )
).bindparams(*_TYPES, sa.bindparam("names", type_=sa.ARRAY(sa.Text)))


async def list_tags(
    tx: Tx, *, paths: Mapping[int, str], names: Collection[str] | None = None
) -> dict[str, list[Tag]]:
    """Return the tags of repositories, by their paths, in the order of paths and names.

    ``paths`` are by the ids of the repositories. ``names`` selects some tags of one repository.
    Repositories without a tag are left out, as are tags that belong to other images.
    """
    values: dict[str, Any] = {
        "ids": list(paths),
        "paths": list(paths.values()),
    }
    if names is None:
        rows = await tx.execute(_ALL_TAGS, values)
    else:
        rows = await tx.execute(_SOME_TAGS, values | {"names": sorted(names)})
    found: dict[str, list[Tag]] = {}
    for path, name, digest, pushed_at, last_used_at in rows:
        found.setdefault(path, []).append(Tag(name, digest, pushed_at, last_used_at))
    return found


_PROGRESS = sa.text("""
    SELECT greatest(p.began_at, CASE WHEN s.installation <> catalog.installation() THEN now()
                                ELSE s.uses_known_since END) AS began_at,
           p.counted_until, p.dead_letters
    FROM events.counting_progress p LEFT JOIN catalog.retention_state s ON true
""")


async def find_progress(tx: Tx) -> Progress | None:
    """Return what the events service has counted, or None if it has never started."""
    row = (await tx.execute(_PROGRESS)).one_or_none()
    return None if row is None else Progress(row.began_at, row.counted_until, row.dead_letters)


async def note_installation(tx: Tx) -> None:
    """Store which installation this is. After a restore, uses are known from now on only."""
    statement = insert(retention_state).values(installation=sa.func.catalog.installation())
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["id"],
            set_={
                "installation": statement.excluded.installation,
                "uses_known_since": sa.func.now(),
            },
            where=retention_state.c.installation != statement.excluded.installation,
        )
    )


async def list_paths(tx: Tx) -> list[str]:
    """Return the paths of the repositories whose rules delete tags, in byte order.

    A repository that a deletion names is left out, also if the deletion is suspended.
    """
    return list((await tx.execute(_PATHS)).scalars())


_PATHS = sa.text("""
    SELECT r.path FROM catalog.repositories r
    JOIN catalog.namespaces n ON n.id = r.namespace_id
    JOIN LATERAL (
        SELECT u.retention, u.retention_enabled FROM catalog.rules u
        WHERE u.repository_id = r.id OR u.namespace_id = r.namespace_id
        ORDER BY u.repository_id NULLS LAST LIMIT 1
    ) AS rules ON rules.retention_enabled AND rules.retention <> '[]'
    WHERE r.status = 'active' AND NOT n.deleting
      AND NOT EXISTS (
        SELECT FROM catalog.deletions d WHERE d.kind = 'repository' AND d.name = r.path)
      AND NOT EXISTS (
        SELECT FROM catalog.deletions d WHERE d.kind = 'namespace' AND d.name = n.name)
    ORDER BY 1
""")


async def list_without_own_rules(tx: Tx, *, namespace_id: int) -> list[tuple[int, str, int]]:
    """Return id, path, and number of tags of each repository that has no rules of its own."""
    r = repositories.c
    has_own = sa.exists().where(rules.c.repository_id == r.id)
    statement = (
        sa.select(r.id, r.path, r.tag_count)
        .where(r.namespace_id == namespace_id, ~has_own)
        .order_by(r.path)
    )
    return [tuple(row) for row in await tx.execute(statement)]


async def insert_reason(tx: Tx, *, intent_id: int, rule: str, reason: str) -> None:
    """Store why the tag of an intent is deleted."""
    values = {"intent_id": intent_id, "rule": rule, "reason": reason}
    await tx.execute(sa.insert(retention_deletions).values(values))


async def find_last_run(tx: Tx) -> Run | None:
    """Return the run that began last, or None."""
    statement = sa.select(retention_runs).order_by(_g.id.desc()).limit(1)
    row = (await tx.execute(statement)).one_or_none()
    return None if row is None else Run(row.id, row.at, row.finished_at)


async def insert_run(tx: Tx) -> None:
    """Begin a run, unless one is open."""
    await tx.execute(insert(retention_runs).values({}).on_conflict_do_nothing())


async def add_deleted(tx: Tx, *, id: int, count: int) -> None:
    """Add to the number of tags that the run has deleted."""
    statement = sa.update(retention_runs).where(_g.id == id)
    await tx.execute(statement.values(deleted=_g.deleted + count))


async def finish_run(tx: Tx, *, id: int, failures: dict[str, str]) -> None:
    """Record the end of the run, and delete old ones. ``failures`` are reasons by repository."""
    statement = sa.update(retention_runs).where(_g.id == id, _IS_OPEN)
    await tx.execute(statement.values(finished_at=_CLOCK, failures=failures))
    await tx.execute(sa.delete(retention_runs).where(_g.finished_at < _CLOCK - _KEPT_FOR))
