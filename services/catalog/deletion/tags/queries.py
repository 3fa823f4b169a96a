"""SQL of tags that are being deleted."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from libs.common.db.engine import Tx
from libs.common.security.principals import Principal
from services.catalog.deletion.tags.domain import KnownTag, TagDeletion, TagPush
from services.catalog.tables import repositories, tag_deletions, tags, write_pauses

_d, _t, _r = tag_deletions.c, tags.c, repositories.c
_NOW = sa.func.clock_timestamp()
ABANDONED_SECONDS = 60
"""No request works on a tag for longer; then whoever did was killed."""
_KEEP = sa.text("interval '7 days'")
"""How long an event of a push that came in between may be late."""


async def find_tag(tx: Tx, *, repository_id: int, tag: str) -> KnownTag | None:
    """What the catalog says that the tag names."""
    statement = sa.select(_t.digest, _t.pushed_at).where(
        _t.repository_id == repository_id, _t.name == tag
    )
    row = (await tx.execute(statement)).one_or_none()
    return KnownTag(row.digest, row.pushed_at) if row else None


async def are_writes_paused(tx: Tx) -> bool:
    """Whether the registry's garbage is being collected, or is about to be."""
    return bool(
        (await tx.execute(sa.select(sa.exists().where(write_pauses.c.ends_at > _NOW)))).scalar_one()
    )


async def insert_untagging(
    tx: Tx,
    *,
    repository: str,
    tag: str,
    known: KnownTag,
    placeholder: str,
    principal: Principal,
) -> TagDeletion:
    """Note that a tag is being deleted, before it is: who hears of a push from now on knows."""
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
    return _untagging(
        (await tx.execute(sa.insert(tag_deletions).values(values).returning(tag_deletions))).one()
    )


async def lock_unfinished(tx: Tx, *, id: int) -> TagDeletion | None:
    """The deletion unless it is finished; nobody changes it until the transaction ends."""
    statement = (
        sa.select(tag_deletions).where(_d.id == id, _d.finished_at.is_(None)).with_for_update()
    )
    row = (await tx.execute(statement)).one_or_none()
    return _untagging(row) if row else None


async def finish(tx: Tx, *, id: int) -> None:
    """Nothing is left to do."""
    await tx.execute(sa.update(tag_deletions).where(_d.id == id).values(finished_at=_NOW))


async def record_restored(tx: Tx, *, id: int, push: TagPush) -> bool:
    """Note that ``push`` came in between. False: the deletion is not finished, and who works on it puts the push back."""
    values = {
        "restored_digest": push.digest,
        "restored_pushed_at": push.at,
        "restored_pushed_by": push.by,
    }
    statement = sa.update(tag_deletions).where(_d.id == id).values(values).returning(_d.finished_at)
    return (await tx.execute(statement)).scalar_one() is not None


async def delete_tag(tx: Tx, *, repository: str, tag: str, digest: str) -> int | None:
    """Delete the catalog's tag if it still names ``digest``; returns the id of its repository, None when there was nothing to delete."""
    of_repository = sa.select(_r.id).where(_r.path == repository).scalar_subquery()
    statement = sa.delete(tags).where(
        _t.repository_id == of_repository, _t.name == tag, _t.digest == digest
    )
    return (await tx.execute(statement.returning(_t.repository_id))).scalar_one_or_none()


async def list_of_tags(tx: Tx, *, keys: Collection[tuple[str, str]]) -> list[TagDeletion]:
    """The deletions of these tags (repository, tag), oldest first."""
    if not keys:
        return []
    statement = (
        sa.select(tag_deletions)
        .where(sa.tuple_(_d.repository, _d.tag).in_(list(keys)))
        .order_by(_d.id)
    )
    return [_untagging(row) for row in await tx.execute(statement)]


async def list_abandoned(tx: Tx, *, limit: int) -> list[TagDeletion]:
    """Deletions that nobody works on any more."""
    began = _NOW - sa.text(f"interval '{ABANDONED_SECONDS} seconds'")
    statement = sa.select(tag_deletions).where(_d.finished_at.is_(None), _d.started_at < began)
    return [_untagging(row) for row in await tx.execute(statement.order_by(_d.id).limit(limit))]


async def forget_old(tx: Tx) -> None:
    """Delete what no late event can be about any more."""
    await tx.execute(
        sa.delete(tag_deletions).where(_d.finished_at.is_not(None), _d.started_at < _NOW - _KEEP)
    )


def _untagging(row: Any) -> TagDeletion:
    restored = (
        None
        if row.restored_digest is None
        else TagPush(row.restored_digest, row.restored_pushed_at, row.restored_pushed_by)
    )
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
