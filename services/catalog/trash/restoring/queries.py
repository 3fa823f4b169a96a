"""SQL of restores."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.catalog.tables import (
    trash,
    trash_manifests,
    trash_restores,
    trash_tags,
)
from services.catalog.trash.domain import Kind
from services.catalog.trash.restoring.domain import LEASE, Item, Restore

_e, _m, _t = trash.c, trash_manifests.c, trash_tags.c
_CLOCK = sa.func.clock_timestamp()


async def begin(tx: Tx, *, entry_id: int, chosen_tag: str | None) -> Restore | None:
    """Mark the entry as being restored, and take a lease on it.

    Return None if the entry is gone or has expired, or if another process has the lease.
    """
    is_free = sa.or_(_e.leased_until.is_(None), _e.leased_until < _CLOCK)
    is_there = sa.or_(_e.expires_at > _CLOCK, _e.restoring_since.is_not(None))
    statement = (
        sa.update(trash)
        .where(_e.id == entry_id, is_free, is_there)
        .values(
            restoring_since=sa.func.coalesce(_e.restoring_since, _CLOCK),
            leased_until=_CLOCK + LEASE,
            chosen_tag=sa.func.coalesce(chosen_tag, _e.chosen_tag),
        )
        .returning(trash)
    )
    row = (await tx.execute(statement)).one_or_none()
    return _restore(row) if row else None


async def take_over(tx: Tx, *, limit: int) -> list[Restore]:
    """Return restores whose lease has ended, one per account, and take a lease on them."""
    o = trash.alias().c
    first_of_account = (
        sa.select(o.id)
        .where(o.owner_id == _e.owner_id, o.restoring_since.is_not(None), o.leased_until < _CLOCK)
        .order_by(o.leased_until, o.id)
        .limit(1)
        .correlate(trash)
        .scalar_subquery()
    )
    ended = (
        sa.select(_e.id)
        .where(_e.restoring_since.is_not(None), _e.leased_until < _CLOCK)
        .where(_e.id == first_of_account)
        .order_by(_e.leased_until)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    statement = sa.update(trash).where(_e.id.in_(ended)).values(leased_until=_CLOCK + LEASE)
    return [_restore(row) for row in await tx.execute(statement.returning(trash))]


def _restore(row: Any) -> Restore:
    return Restore(
        entry_id=row.id,
        kind=Kind(row.kind),
        path=row.path,
        namespace=row.namespace,
        digest=row.digest,
        owner_id=row.owner_id,
        chosen_tag=row.chosen_tag,
        since=row.restoring_since,
    )


async def renew_lease(tx: Tx, *, entry_id: int, lease: timedelta = LEASE) -> None:
    """Let the lease of the restore end after ``lease``."""
    await tx.execute(sa.update(trash).where(_e.id == entry_id).values(leased_until=_CLOCK + lease))


async def give_up(tx: Tx, *, entry_id: int) -> None:
    """Mark the entry as not being restored. What it still has can be restored later."""
    await tx.execute(
        sa.update(trash)
        .where(_e.id == entry_id)
        .values(restoring_since=None, leased_until=None, chosen_tag=None)
    )


# A manifest is ready if the entry has none of its children. A tag whose manifest is in the registry
# is always ready.
_READY = sa.text("""
    WITH excluded AS (
      SELECT * FROM unnest(CAST(:paths AS text[]), CAST(:digests AS text[])) AS e (path, digest)),
    item AS (
        SELECT m.repository, m.digest FROM catalog.trash_manifests m
        WHERE m.entry_id = :entry_id AND NOT EXISTS (
          SELECT FROM unnest(m.children) AS c (digest) JOIN catalog.trash_manifests child
            ON (child.entry_id, child.repository, child.digest)
             = (m.entry_id, m.repository, c.digest)
          WHERE c.digest <> m.digest)
      UNION ALL
        SELECT t.repository, t.digest FROM catalog.trash_tags t
        WHERE t.entry_id = :entry_id AND NOT EXISTS (
          SELECT FROM catalog.trash_manifests m
          WHERE (m.entry_id, m.repository, m.digest) = (t.entry_id, t.repository, t.digest)))
    SELECT repository, digest FROM item i
    WHERE NOT EXISTS (SELECT FROM excluded e WHERE (e.path, e.digest) = (i.repository, i.digest))
    LIMIT :max_rows
""")
_LEFT = sa.text("""
      SELECT repository, digest FROM catalog.trash_manifests WHERE entry_id = :entry_id
    UNION
      SELECT repository, digest FROM catalog.trash_tags WHERE entry_id = :entry_id
    LIMIT :max_rows
""")
_IS_TRASHED = sa.exists().where(
    _m.entry_id == sa.bindparam("entry_id"),
    _m.repository == sa.bindparam("repository"),
    _m.digest == sa.bindparam("digest"),
)


async def list_ready(
    tx: Tx, *, entry_id: int, excluded: Collection[Item], limit: int
) -> list[Item]:
    """Return manifests of the entry whose children it does not have, without their tags.

    A tag is in the result by its manifest, too. ``excluded`` are left out.
    """
    values = {
        "entry_id": entry_id,
        "paths": [item.repository for item in excluded],
        "digests": [item.digest for item in excluded],
        "max_rows": limit,
    }
    return list({Item(row.repository, row.digest) for row in await tx.execute(_READY, values)})


async def list_left(tx: Tx, *, entry_id: int, limit: int) -> list[Item]:
    """Return what is still in the entry, without its tags."""
    rows = await tx.execute(_LEFT, {"entry_id": entry_id, "max_rows": limit})
    return [Item(row.repository, row.digest) for row in rows]


async def find_item(tx: Tx, *, entry_id: int, repository: str, digest: str) -> Item | None:
    """Return one manifest of the entry with its tags, or None if it has been restored."""
    names = sa.select(_t.name).where(
        _t.entry_id == entry_id, _t.repository == repository, _t.digest == digest
    )
    tags = tuple((await tx.execute(names.order_by(_t.name))).scalars())
    values = {"entry_id": entry_id, "repository": repository, "digest": digest}
    if not tags and not (await tx.execute(sa.select(_IS_TRASHED), values)).scalar_one():
        return None
    return Item(repository, digest, tags)


async def insert_link(tx: Tx, *, intent_id: int, entry_id: int) -> None:
    """Record the entry that an intent restores."""
    await tx.execute(sa.insert(trash_restores).values(intent_id=intent_id, entry_id=entry_id))


_TAKE_LINK = sa.text("""
    DELETE FROM catalog.trash_restores r USING catalog.trash e
    WHERE r.intent_id = :intent_id AND e.id = r.entry_id
    RETURNING e.id, e.owner_id
""")


async def take_link(tx: Tx, *, intent_id: int) -> tuple[int, int] | None:
    """Return the entry that an intent restores, with its owner; delete the link."""
    row = (await tx.execute(_TAKE_LINK, {"intent_id": intent_id})).one_or_none()
    return (row.id, row.owner_id) if row else None


_MANIFEST = sa.text("""
    WITH of AS (
      SELECT m.* FROM catalog.trash_manifests m JOIN catalog.trash e ON e.id = m.entry_id
      WHERE m.repository = :repository AND m.digest = :digest AND e.owner_id = :owner_id
      ORDER BY m.entry_id = :entry_id DESC LIMIT 1),
    manifest AS (
      INSERT INTO catalog.manifests
        (repository_id, digest, media_type, artifact_type, subject, size_bytes, platforms, layers,
         labels, image_created_at, pushed_at, pushed_by, is_scanned)
      SELECT :repository_id, digest, media_type, artifact_type, subject, size_bytes, platforms,
             layers, labels, image_created_at, pushed_at, pushed_by, is_scanned
      FROM of
      ON CONFLICT DO NOTHING),
    blobs AS (
      INSERT INTO catalog.manifest_blobs (repository_id, manifest_digest, blob_digest, size_bytes)
      SELECT :repository_id, of.digest, blob ->> 0, (blob ->> 1)::bigint
      FROM of, jsonb_array_elements(of.blobs) AS blob
      ON CONFLICT DO NOTHING),
    others AS (
      INSERT INTO catalog.manifest_other_digests (repository_id, manifest_digest, digest)
      SELECT :repository_id, of.digest, other FROM of, unnest(of.other_digests) AS other
      ON CONFLICT DO NOTHING)
    INSERT INTO catalog.manifest_children (repository_id, index_digest, child_digest)
    SELECT :repository_id, of.digest, child FROM of, unnest(of.children) AS child
    ON CONFLICT DO NOTHING
""")

# The chosen tag takes the time and the pusher of a tag that it replaces.
_TAGS = sa.text("""
    INSERT INTO catalog.tags (repository_id, name, digest, pushed_at, pushed_by, admitted_in)
    SELECT :repository_id, wanted.name, :digest, coalesce(of.pushed_at, clock_timestamp()),
           coalesce(of.pushed_by, ''), catalog.origin()
    FROM unnest(CAST(:names AS text[])) AS wanted (name)
    LEFT JOIN LATERAL (
      SELECT t.pushed_at, t.pushed_by FROM catalog.trash_tags t
      WHERE t.entry_id = :entry_id AND t.repository = :repository AND t.digest = :digest
      ORDER BY t.name = wanted.name DESC, t.pushed_at DESC LIMIT 1) AS of ON true
    ON CONFLICT DO NOTHING
""")


async def write_manifest(
    tx: Tx, *, repository_id: int, owner_id: int, entry_id: int, repository: str, digest: str
) -> None:
    """Write the rows of a manifest as they were, unless it exists."""
    values = {
        "repository_id": repository_id,
        "owner_id": owner_id,
        "entry_id": entry_id,
        "repository": repository,
        "digest": digest,
    }
    await tx.execute(_MANIFEST, values)


async def write_tags(
    tx: Tx,
    *,
    repository_id: int,
    entry_id: int,
    repository: str,
    digest: str,
    names: Collection[str],
) -> None:
    """Write the rows of tags with their time and pusher, unless they exist."""
    values = {
        "repository_id": repository_id,
        "entry_id": entry_id,
        "repository": repository,
        "digest": digest,
        "names": list(names),
    }
    await tx.execute(_TAGS, values)


async def delete_item(tx: Tx, *, entry_id: int, repository: str, digest: str) -> None:
    """Remove a manifest and its tags from the entry."""
    await tx.execute(
        sa.delete(trash_manifests).where(
            _m.entry_id == entry_id, _m.repository == repository, _m.digest == digest
        )
    )
    await tx.execute(
        sa.delete(trash_tags).where(
            _t.entry_id == entry_id, _t.repository == repository, _t.digest == digest
        )
    )


async def delete_entry(tx: Tx, *, entry_id: int) -> None:
    """Delete the entry with all that it has."""
    await tx.execute(sa.delete(trash).where(_e.id == entry_id))
