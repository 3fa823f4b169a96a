"""SQL of the feed, for whole batches: reading events and what the catalog knows of them, writing what the registry said."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from libs.common.db.engine import Tx
from libs.common.registry.names import split_repository
from services.catalog.sync.feed.domain import (
    START,
    FeedEvent,
    Place,
    Position,
    RepositoryState,
)
from services.catalog.tables import (
    feed_positions,
    manifest_blobs,
    manifest_children,
    manifests,
    namespaces,
    repositories,
    tags,
)

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
_f, _n, _r, _m, _t = _registry_feed.c, namespaces.c, repositories.c, manifests.c, tags.c
_PATH = _n.name + "/" + _r.name
_SETTLED = sa.literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint", sa.BigInteger)
"""Below it, every transaction has ended: none can still commit an event before one that was read."""


async def get_position(tx: Tx) -> Position:
    """Up to where the feed was read."""
    statement = sa.select(feed_positions.c.position).where(feed_positions.c.feed == _FEED)
    text = (await tx.execute(statement)).scalar_one_or_none()
    return Position.parse(text) if text else START


async def move_position(tx: Tx, *, old: Position, new: Position) -> bool:
    """Whether it stood at ``old`` and now stands at ``new``; False: another replica has moved it."""
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


async def list_events(tx: Tx, *, after: Position, limit: int) -> list[FeedEvent]:
    """The next events in order of commit, as far as nothing can come between them any more."""
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
    return [_event(row) for row in (await tx.execute(statement)).all()]


async def has_unsettled(tx: Tx, *, after: Position) -> bool:
    """Whether there is an event that must wait for a transaction that is still open."""
    statement = sa.select(sa.exists().where(_f.xid >= _SETTLED, _f.xid >= after.xid))
    return bool((await tx.execute(statement)).scalar_one())


async def lock_position(tx: Tx) -> Position:
    """Up to where the feed was read; nobody moves it until the transaction ends."""
    statement = (
        sa.select(feed_positions.c.position).where(feed_positions.c.feed == _FEED).with_for_update()
    )
    text = (await tx.execute(statement)).scalar_one_or_none()
    return Position.parse(text) if text else START


async def has_events(tx: Tx, *, after: Position, repository: str | None = None) -> bool:
    """Whether the feed has something after ``after`` (of ``repository``), be it settled or not."""
    key = sa.tuple_(sa.literal(after.xid, sa.BigInteger), sa.literal(after.id, sa.BigInteger))
    exists = sa.exists().where(sa.tuple_(_f.xid, _f.id) > key)
    if repository is not None:
        exists = exists.where(_f.repository == repository)
    return bool((await tx.execute(sa.select(exists))).scalar_one())


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


_PLACES = sa.text("""
    SELECT p.path, greatest(s.available_at, r.available_at) AS since,
           n.id IS NULL OR n.deleting OR coalesce(r.available_at > clock_timestamp(), false)
           OR EXISTS (SELECT FROM catalog.deletions d WHERE d.kind = 'repository' AND d.name = p.path) AS closed,
           EXISTS (
               SELECT FROM catalog.deletions d
               WHERE (d.kind, d.name) IN (('repository', p.path), ('namespace', p.space)) AND d.origin <> (SELECT catalog.origin())) AS held
    FROM unnest(CAST(:paths AS text[]), CAST(:spaces AS text[])) AS p (path, space)
    LEFT JOIN catalog.namespaces n ON n.name = p.space
    LEFT JOIN catalog.reserved_names s ON s.kind = 'namespace' AND s.name = p.space
    LEFT JOIN catalog.reserved_names r ON r.kind = 'repository' AND r.name = p.path
""")


async def find_places(tx: Tx, *, paths: Collection[str]) -> dict[str, Place]:
    """What is known of these repositories' names; those that this registry does not serve are left out."""
    served = [path for path in paths if split_repository(path)]
    rows = await tx.execute(
        _PLACES, {"paths": served, "spaces": [path.partition("/")[0] for path in served]}
    )
    return {row.path: Place(row.closed, row.since, row.held) for row in rows}


async def find_namespaces(tx: Tx, *, names: Collection[str]) -> dict[str, int]:
    """The ids of those of ``names`` that there are."""
    rows = await tx.execute(sa.select(_n.name, _n.id).where(_n.name.in_(names)))
    return {row.name: row.id for row in rows}


async def list_tags_on(
    tx: Tx, *, manifests_of: Collection[tuple[str, str]]
) -> list[tuple[str, str]]:
    """(repository path, tag) of all tags on the manifests (repository path, digest)."""
    if not manifests_of:
        return []
    statement = (
        sa.select(_PATH.label("path"), _t.name)
        .select_from(
            tags.join(repositories, _r.id == _t.repository_id).join(
                namespaces, _n.id == _r.namespace_id
            )
        )
        .where(_is_among(_t.digest, manifests_of))
    )
    return [(row.path, row.name) for row in await tx.execute(statement)]


async def find_known(tx: Tx, *, manifests_of: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of the manifests (repository path, digest) that the catalog has."""
    if not manifests_of:
        return set()
    statement = (
        sa.select(_PATH.label("path"), _m.digest)
        .select_from(
            manifests.join(repositories, _r.id == _m.repository_id).join(
                namespaces, _n.id == _r.namespace_id
            )
        )
        .where(_is_among(_m.digest, manifests_of))
    )
    return {(row.path, row.digest) for row in await tx.execute(statement)}


def _is_among(
    digest: sa.ColumnElement[str], manifests_of: Collection[tuple[str, str]]
) -> sa.ColumnElement[bool]:
    names = {path: path.partition("/") for path, _ in manifests_of}
    keys = [(names[path][0], names[path][2], value) for path, value in manifests_of]
    return sa.tuple_(_n.name, _r.name, digest).in_(keys)


async def ensure_repositories(
    tx: Tx, *, paths: Collection[tuple[int, str]]
) -> set[tuple[int, str]]:
    """Make the repositories (namespace id, name) that are missing; returns those that were made."""
    if not paths:
        return set()
    values = [{"namespace_id": namespace_id, "name": name} for namespace_id, name in sorted(paths)]
    statement = (
        insert(repositories)
        .values(values)
        .on_conflict_do_nothing(index_elements=["namespace_id", "name"])
    )
    return {
        (row.namespace_id, row.name)
        for row in await tx.execute(statement.returning(_r.namespace_id, _r.name))
    }


async def find_repositories(
    tx: Tx, *, paths: Collection[tuple[int, str]]
) -> dict[tuple[int, str], int]:
    """The ids of those of the repositories (namespace id, name) that there are; they stay there until the transaction ends."""
    statement = sa.select(_r.id, _r.namespace_id, _r.name).where(
        sa.tuple_(_r.namespace_id, _r.name).in_(list(paths))
    )
    rows = await tx.execute(statement.order_by(_r.id).with_for_update())
    return {(row.namespace_id, row.name): row.id for row in rows}


async def add_manifests(tx: Tx, *, states: Sequence[tuple[int, RepositoryState]]) -> None:
    """Write the manifests of ``states`` (each with its repository's id) that are not there yet, with the children they name."""
    described = [
        (repository_id, *item)
        for repository_id, state in states
        for item in state.manifests.values()
    ]
    if not described:
        return
    rows = [
        {
            "repository_id": repository_id,
            "digest": manifest.digest,
            "media_type": manifest.media_type,
            "artifact_type": manifest.artifact_type,
            "subject": manifest.subject,
            "size_bytes": manifest.size_bytes,
            "platforms": [asdict(platform) for platform in manifest.platforms],
            "layers": [asdict(layer) for layer in manifest.layers],
            "labels": manifest.labels,
            "image_created_at": manifest.image_created_at,
            "pushed_at": push.at,
            "pushed_by": push.by,
        }
        for repository_id, manifest, push in described
    ]
    await tx.execute(insert(manifests).on_conflict_do_nothing(), rows)
    blobs = [
        {
            "repository_id": repository_id,
            "manifest_digest": manifest.digest,
            "blob_digest": digest,
            "size_bytes": size,
        }
        for repository_id, manifest, _ in described
        for digest, size in manifest.blobs
    ]
    if blobs:
        await tx.execute(insert(manifest_blobs).on_conflict_do_nothing(), blobs)
    children = [
        {"repository_id": repository_id, "index_digest": manifest.digest, "child_digest": child}
        for repository_id, manifest, _ in described
        for child in manifest.children
    ]
    if children:
        await tx.execute(insert(manifest_children).on_conflict_do_nothing(), children)


async def find_tags(
    tx: Tx, *, states: Sequence[tuple[int, RepositoryState]]
) -> set[tuple[int, str]]:
    """Those of the tags of ``states``, as (repository id, tag), that are there already."""
    keys = [(repository_id, tag) for repository_id, state in states for tag in state.tags]
    if not keys:
        return set()
    rows = await tx.execute(
        sa.select(_t.repository_id, _t.name).where(sa.tuple_(_t.repository_id, _t.name).in_(keys))
    )
    return {(row.repository_id, row.name) for row in rows}


async def put_tags(tx: Tx, *, states: Sequence[tuple[int, RepositoryState]]) -> None:
    """Point the tags of ``states`` at what they name in the registry.

    A tag that names that digest already keeps its time and pusher, unless a later push of the same digest is known for certain.
    """
    for exact in (True, False):
        rows = [
            {
                "repository_id": repository_id,
                "name": name,
                "digest": tag.digest,
                "pushed_at": tag.push.at,
                "pushed_by": tag.push.by,
            }
            for repository_id, state in states
            for name, tag in state.tags.items()
            if tag.exact is exact
        ]
        if not rows:
            continue
        statement = insert(tags)
        changed = statement.excluded
        is_news = _t.digest != changed.digest
        if exact:  # nobody: it was found by comparing, and its own push is heard of only now
            is_news = sa.or_(is_news, _t.pushed_at < changed.pushed_at, _t.pushed_by == "")
        statement = statement.on_conflict_do_update(
            index_elements=["repository_id", "name"],
            set_={
                "digest": changed.digest,
                "pushed_at": changed.pushed_at,
                "pushed_by": changed.pushed_by,
            },
            where=is_news,
        )
        await tx.execute(statement, rows)


async def delete_gone(tx: Tx, *, states: Sequence[tuple[int, RepositoryState]]) -> None:
    """Delete tags, and manifests with the tags on them, that the registry does not have."""
    gone_tags = [(repository_id, tag) for repository_id, state in states for tag in state.gone_tags]
    if gone_tags:
        await tx.execute(sa.delete(tags).where(sa.tuple_(_t.repository_id, _t.name).in_(gone_tags)))
    gone = [
        (repository_id, digest)
        for repository_id, state in states
        for digest in state.gone_manifests
    ]
    if gone:
        await tx.execute(
            sa.delete(manifests).where(sa.tuple_(_m.repository_id, _m.digest).in_(gone))
        )
