"""SQL of retention: the tags with their last uses, what is counted, and the runs."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
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
_ROWS_AT_ONCE = 1_000
_KEPT_FOR = timedelta(days=365)
_IS_OPEN = _g.finished_at.is_(None)

# The statements are joined in Python: PostgreSQL knows too little about a repository to choose a
# fast join. The uses are read last, so that they are never older than the tags.
_TAGS = """
    SELECT r.path, t.name, t.digest, t.pushed_at
    FROM catalog.repositories r JOIN catalog.tags t ON t.repository_id = r.id
    WHERE r.path = ANY(:paths) AND NOT catalog.is_artifact_tag(t.name) {only}
    ORDER BY r.path COLLATE "C", t.name COLLATE "C"
"""
_ALL_TAGS = sa.text(_TAGS.format(only=""))
_SOME_TAGS = sa.text(_TAGS.format(only="AND t.name = ANY(:names)"))
_GENERATIONS = sa.text("""
    SELECT name, available_at FROM catalog.reserved_names
    WHERE kind = 'repository' AND name = ANY(:paths)
""")
_USES = """
    SELECT repository, reference, max(last_used_at) FROM (
        SELECT repository, reference, last_used_at FROM events.reference_uses
        WHERE repository = ANY(:paths) {of_reference}
      UNION ALL
        SELECT repository, tag, last_pulled_at FROM events.pull_sums
        WHERE repository = ANY(:paths) AND last_pulled_at IS NOT NULL {of_tag}
    ) AS uses GROUP BY repository, reference
"""
_ALL_USES = sa.text(_USES.format(of_reference="", of_tag=""))
_SOME_USES = sa.text(
    _USES.format(
        of_reference="AND reference = ANY(:references)", of_tag="AND tag = ANY(:references)"
    )
)


async def list_tags(
    tx: Tx, *, paths: Sequence[str], names: Collection[str] | None = None
) -> dict[str, list[Tag]]:
    """Return the tags of repositories, by their paths, in the order of paths and names.

    ``names`` selects some tags of one repository. Repositories without a tag are left out, as are
    tags that belong to other images.
    """
    rows: Sequence[Any]
    if names is None:
        values = {"paths": list(paths)}
        rows = await _read(tx, _ALL_TAGS, values)
        uses = await _uses_of_now(tx, paths, await _read(tx, _ALL_USES, values))
    else:
        values = {"paths": list(paths), "names": sorted(names)}
        rows = (await tx.execute(_SOME_TAGS, values)).all()
        references = sorted({one for row in rows for one in (row.name, row.digest)})
        values = {"paths": list(paths), "references": references}
        uses = await _uses_of_now(tx, paths, await tx.execute(_SOME_USES, values))
    found: dict[str, list[Tag]] = {}
    async for path, name, digest, pushed_at in _in_turns(rows):
        times = [at for at in (uses.get((path, name)), uses.get((path, digest))) if at is not None]
        tag = Tag(name, digest, pushed_at, max(times, default=None))
        found.setdefault(path, []).append(tag)
    return found


async def _read(tx: Tx, statement: sa.TextClause, values: Mapping[str, Any]) -> list[Any]:
    """Return all rows, of which there can be 200,000. Other requests get their turn meanwhile."""
    result = await tx.stream(statement, values)
    return [row async for rows in result.partitions(_ROWS_AT_ONCE) for row in rows]


async def _in_turns(rows: Iterable[Any]) -> AsyncIterator[Any]:
    """Yield the rows. Other requests get their turn meanwhile."""
    for count, row in enumerate(rows, 1):
        if count % _ROWS_AT_ONCE == 0:
            await asyncio.sleep(0)
        yield row


async def _uses_of_now(
    tx: Tx, paths: Sequence[str], rows: Iterable[Any]
) -> dict[tuple[str, str], datetime]:
    """Return ``rows`` by path and reference.

    A use from before the name became free is left out: it belongs to a deleted repository.
    """
    generations = await tx.execute(_GENERATIONS, {"paths": list(paths)})
    since: dict[str, datetime] = {row.name: row.available_at for row in generations}
    return {
        (path, reference): at
        async for path, reference, at in _in_turns(rows)
        if path not in since or at >= since[path]
    }


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


async def list_without_own_rules(tx: Tx, *, namespace_id: int) -> list[tuple[str, int]]:
    """Return the path and the number of tags of each repository that has no rules of its own."""
    r = repositories.c
    has_own = sa.exists().where(rules.c.repository_id == r.id)
    statement = (
        sa.select(r.path, r.tag_count)
        .where(r.namespace_id == namespace_id, ~has_own)
        .order_by(r.path)
    )
    return [(row.path, row.tag_count) for row in await tx.execute(statement)]


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
