"""SQL of tag deletions."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from libs.common.db.engine import Tx
from libs.common.security.principals import Principal
from services.catalog.deletion.tags.domain import KnownTag, TagDeletion, TagPush
from services.catalog.tables import repositories, tag_deletions, tags, write_pauses

_d, _t, _r = tag_deletions.c, tags.c, repositories.c
_NOW = sa.func.clock_timestamp()
_ABANDONED_AFTER = sa.text("interval '60 seconds'")
"""No request works on a deletion for longer. After that time, its process was killed."""
_KEPT_FOR = sa.text("interval '7 days'")
"""The event of a concurrent push can arrive so late."""


async def find_tag(tx: Tx, *, repository_id: int, tag: str) -> KnownTag | None:
    """Return the tag as the catalog has it, or None."""
    statement = sa.select(_t.digest, _t.pushed_at).where(
        _t.repository_id == repository_id, _t.name == tag
    )
    row = (await tx.execute(statement)).one_or_none()
    return KnownTag(row.digest, row.pushed_at) if row else None


async def are_writes_paused(tx: Tx) -> bool:
    """Return whether garbage collection pauses writes to the registry."""
    statement = sa.select(sa.exists().where(write_pauses.c.ends_at > _NOW))
    return bool((await tx.execute(statement)).scalar_one())


async def insert_tag_deletion(
    tx: Tx,
    *,
    repository: str,
    tag: str,
    known: KnownTag,
    placeholder: str,
    principal: Principal,
) -> TagDeletion:
    """Record that a tag is being deleted, before the registry deletes it.

    From then on, the follower restores concurrent pushes of the tag.
    """
    values = {
        "repository": repository,
        "tag": tag,
        "digest": known.digest,
        "pushed_at": known.pushed_at,
        "placeholder": placeholder,
        "account_id": principal.account_id,
        "account": principal.username,
        "client_address": principal.client_address,
    }
    statement = sa.insert(tag_deletions).values(values).returning(tag_deletions)
    return _tag_deletion((await tx.execute(statement)).one())


async def lock_unfinished(tx: Tx, *, id: int) -> TagDeletion | None:
    """Return the deletion and lock it for the transaction; return None if it is finished."""
    statement = (
        sa.select(tag_deletions).where(_d.id == id, _d.finished_at.is_(None)).with_for_update()
    )
    row = (await tx.execute(statement)).one_or_none()
    return _tag_deletion(row) if row else None


async def finish(tx: Tx, *, id: int) -> None:
    """Mark the deletion as finished."""
    await tx.execute(sa.update(tag_deletions).where(_d.id == id).values(finished_at=_NOW))


async def record_restored(tx: Tx, *, id: int, push: TagPush) -> bool:
    """Record that the deletion must restore ``push``; return whether the deletion is finished.

    If it is not, the request that works on the deletion restores the push.
    """
    values = {
        "restored_digest": push.digest,
        "restored_pushed_at": push.at,
        "restored_pushed_by": push.by,
    }
    statement = sa.update(tag_deletions).where(_d.id == id).values(values).returning(_d.finished_at)
    return (await tx.execute(statement)).scalar_one() is not None


async def delete_tag(tx: Tx, *, repository: str, tag: str, digest: str) -> int | None:
    """Delete the tag from the catalog if it still names ``digest``.

    Return the id of its repository, or None if nothing was deleted.
    """
    repository_id = sa.select(_r.id).where(_r.path == repository).scalar_subquery()
    statement = sa.delete(tags).where(
        _t.repository_id == repository_id, _t.name == tag, _t.digest == digest
    )
    return (await tx.execute(statement.returning(_t.repository_id))).scalar_one_or_none()


async def list_tag_deletions(tx: Tx, *, keys: Collection[tuple[str, str]]) -> list[TagDeletion]:
    """Return the deletions of the tags ``keys`` (repository path, tag), oldest first."""
    if not keys:
        return []
    statement = (
        sa.select(tag_deletions)
        .where(sa.tuple_(_d.repository, _d.tag).in_(list(keys)))
        .order_by(_d.id)
    )
    return [_tag_deletion(row) for row in await tx.execute(statement)]


async def list_abandoned(tx: Tx, *, limit: int) -> list[TagDeletion]:
    """Return unfinished deletions whose process was killed, oldest first."""
    statement = (
        sa.select(tag_deletions)
        .where(_d.finished_at.is_(None), _d.started_at < _NOW - _ABANDONED_AFTER)
        .order_by(_d.id)
        .limit(limit)
    )
    return [_tag_deletion(row) for row in await tx.execute(statement)]


async def delete_old(tx: Tx) -> None:
    """Delete the records of finished deletions for which no late event can arrive any more."""
    await tx.execute(
        sa.delete(tag_deletions).where(
            _d.finished_at.is_not(None), _d.started_at < _NOW - _KEPT_FOR
        )
    )


def _tag_deletion(row: Any) -> TagDeletion:
    restored = None
    if row.restored_digest is not None:
        restored = TagPush(row.restored_digest, row.restored_pushed_at, row.restored_pushed_by)
    return TagDeletion(
        id=row.id,
        repository=row.repository,
        tag=row.tag,
        digest=row.digest,
        pushed_at=row.pushed_at,
        placeholder=row.placeholder,
        started_at=row.started_at,
        is_finished=row.finished_at is not None,
        restored=restored,
        account_id=row.account_id,
        account=row.account,
        client_address=row.client_address,
    )
