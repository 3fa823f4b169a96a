"""SQL of the feed: its events, the catalog's position in it, and the status of paths."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from libs.common.db.engine import Tx
from libs.common.registry.names import split_repository
from services.catalog.sync.feed.domain import (
    START,
    DelayedRepository,
    FeedEvent,
    PathStatus,
    Position,
)
from services.catalog.tables import delayed_repositories, feed_positions

_FEED = "registry"
_registry_feed = sa.Table(
    "registry_feed",
    sa.MetaData(schema="events"),
    sa.Column("xid", sa.BigInteger),
    sa.Column("id", sa.BigInteger),
    sa.Column("at_ns", sa.BigInteger),
    sa.Column("action", sa.Text),
    sa.Column("repository", sa.Text),
    sa.Column("tag", sa.Text),
    sa.Column("digest", sa.Text),
    sa.Column("media_type", sa.Text),
    sa.Column("docker_user", sa.Text),
)
_f, _d = _registry_feed.c, delayed_repositories.c
_COUNTED_EVENTS = 10_000
DELAYED_CHANNEL = "moorage_delayed_repositories"
_SETTLED = sa.literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint", sa.BigInteger)
"""Every transaction below this id has ended, so none can commit an event before a read one."""


async def get_position(tx: Tx) -> Position:
    """Return the position of the catalog in the feed."""
    statement = sa.select(feed_positions.c.position).where(feed_positions.c.feed == _FEED)
    text = (await tx.execute(statement)).scalar_one_or_none()
    return Position.parse(text) if text else START


async def move_position(tx: Tx, *, old: Position, new: Position) -> bool:
    """Move the position from ``old`` to ``new``; return False if another replica has moved it."""
    if old == START:
        added = (
            insert(feed_positions)
            .values(feed=_FEED, position=str(new))
            .on_conflict_do_nothing()
            .returning(feed_positions.c.feed)
        )
        return (await tx.execute(added)).one_or_none() is not None
    statement = sa.update(feed_positions).where(
        feed_positions.c.feed == _FEED, feed_positions.c.position == str(old)
    )
    return (
        await tx.execute(statement.values(position=str(new)).returning(feed_positions.c.feed))
    ).one_or_none() is not None


async def list_events(
    tx: Tx, *, after: Position, limit: int, repository: str | None = None
) -> list[FeedEvent]:
    """Return the next events in the order of commits, up to the oldest open transaction.

    If ``repository`` is given, only its events are returned.
    """
    statement = (
        sa.select(_registry_feed)
        .where(
            sa.tuple_(_f.xid, _f.id)
            > sa.tuple_(sa.literal(after.xid, sa.BigInteger), sa.literal(after.id, sa.BigInteger)),
            _f.xid < _SETTLED,
        )
        .order_by(_f.xid, _f.id)
        .limit(limit)
    )
    if repository is not None:
        statement = statement.where(_f.repository == repository)
    return [_event(row) for row in (await tx.execute(statement)).all()]


async def has_unsettled(tx: Tx, *, after: Position) -> bool:
    """Return whether the next event cannot be read before an open transaction ends."""
    statement = sa.select(sa.exists().where(_f.xid >= _SETTLED, _f.xid >= after.xid))
    return bool((await tx.execute(statement)).scalar_one())


async def lock_position(tx: Tx) -> Position:
    """Return the position, and lock it until the transaction ends."""
    statement = (
        sa.select(feed_positions.c.position).where(feed_positions.c.feed == _FEED).with_for_update()
    )
    text = (await tx.execute(statement)).scalar_one_or_none()
    return Position.parse(text) if text else START


async def has_events(tx: Tx, *, after: Position, repository: str | None = None) -> bool:
    """Return whether the feed has events after ``after``, readable or not.

    If ``repository`` is given, only its events count.
    """
    key = sa.tuple_(sa.literal(after.xid, sa.BigInteger), sa.literal(after.id, sa.BigInteger))
    exists = sa.exists().where(sa.tuple_(_f.xid, _f.id) > key)
    if repository is not None:
        exists = exists.where(_f.repository == repository)
    return bool((await tx.execute(sa.select(exists))).scalar_one())


async def measure_backlog(tx: Tx, *, after: Position) -> tuple[int, float]:
    """Return the number of events after ``after``, at most 10,000, and the age of the oldest.

    The age is in seconds. It is 0 if there is no event.
    """
    key = sa.tuple_(sa.literal(after.xid, sa.BigInteger), sa.literal(after.id, sa.BigInteger))
    waiting = (
        sa.select(_f.at_ns).where(sa.tuple_(_f.xid, _f.id) > key).limit(_COUNTED_EVENTS).subquery()
    )
    now = sa.extract("epoch", sa.func.clock_timestamp())
    age = sa.func.coalesce(now - sa.func.min(waiting.c.at_ns) / 1e9, 0)
    row = (await tx.execute(sa.select(sa.func.count(), age).select_from(waiting))).one()
    return int(row[0]), max(0.0, float(row[1]))


def _event(row: Any) -> FeedEvent:
    return FeedEvent(
        position=Position(row.xid, row.id),
        at=FeedEvent.at_nanoseconds(row.at_ns),
        action=row.action,
        repository=row.repository,
        tag=row.tag,
        digest=row.digest,
        media_type=row.media_type,
        docker_user=row.docker_user,
    )


_PATH_STATUSES = sa.text("""
    SELECT p.path, greatest(s.available_at, r.available_at) AS owned_since,
           n.id IS NULL OR n.deleting OR coalesce(r.available_at > clock_timestamp(), false)
           OR EXISTS (SELECT FROM catalog.deletions d
                      WHERE d.kind = 'repository' AND d.name = p.path) AS is_ownerless,
           EXISTS (
               SELECT FROM catalog.deletions d
               WHERE (d.kind, d.name) IN (('repository', p.path), ('namespace', p.namespace))
                 AND d.origin <> (SELECT catalog.origin())) AS is_suspended
    FROM unnest(CAST(:paths AS text[]), CAST(:namespaces AS text[])) AS p (path, namespace)
    LEFT JOIN catalog.namespaces n ON n.name = p.namespace
    LEFT JOIN catalog.reserved_names s ON s.kind = 'namespace' AND s.name = p.namespace
    LEFT JOIN catalog.reserved_names r ON r.kind = 'repository' AND r.name = p.path
""")


async def get_path_statuses(tx: Tx, *, paths: Collection[str]) -> dict[str, PathStatus]:
    """Return the status of each of ``paths`` that is a valid repository path."""
    valid = [path for path in paths if split_repository(path)]
    namespaces_of = [path.partition("/")[0] for path in valid]
    rows = await tx.execute(_PATH_STATUSES, {"paths": valid, "namespaces": namespaces_of})
    return {
        row.path: PathStatus(row.is_ownerless, row.owned_since, row.is_suspended) for row in rows
    }


async def list_delayed(tx: Tx) -> frozenset[str]:
    """Return the paths of the delayed repositories."""
    return frozenset((await tx.execute(sa.select(_d.repository))).scalars())


async def delay(
    tx: Tx, *, repositories: Mapping[str, str], after: Position, wait: timedelta
) -> None:
    """Delay ``repositories`` (path and reason) from the position ``after`` on.

    The first retry is after ``wait``. One that is delayed already is retried at once, because it
    has a new event.
    """
    if not repositories:
        return
    statement = insert(delayed_repositories).values(
        [
            {
                "repository": path,
                "after": str(after),
                "retry_at": sa.func.clock_timestamp() + wait,
                "reason": reason,
            }
            for path, reason in sorted(repositories.items())
        ]
    )
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["repository"],
            set_={"retry_at": sa.func.least(_d.retry_at, sa.func.clock_timestamp())},
        )
    )
    await tx.execute(sa.select(sa.func.pg_notify(DELAYED_CHANNEL, "")))


async def list_due(tx: Tx, *, without: Collection[str], limit: int) -> list[DelayedRepository]:
    """Return the delayed repositories whose retry is due, except those in ``without``."""
    statement = (
        sa.select(_d.repository, _d.after, _d.since, _d.failures)
        .where(_d.retry_at <= sa.func.clock_timestamp(), _d.repository.not_in(without))
        .order_by(_d.retry_at)
        .limit(limit)
    )
    return [
        DelayedRepository(row.repository, Position.parse(row.after), row.since, row.failures)
        for row in await tx.execute(statement)
    ]


async def postpone(
    tx: Tx, *, repository: str, after: Position, wait: timedelta, failures: int, reason: str
) -> None:
    """Set what is left of a delayed repository, and its next retry."""
    await tx.execute(
        sa.update(delayed_repositories)
        .where(_d.repository == repository)
        .values(
            after=str(after),
            retry_at=sa.func.clock_timestamp() + wait,
            failures=failures,
            reason=reason,
        )
    )


async def end_delay(tx: Tx, *, repository: str) -> None:
    """Let the feed apply the events of ``repository`` again."""
    await tx.execute(sa.delete(delayed_repositories).where(_d.repository == repository))
