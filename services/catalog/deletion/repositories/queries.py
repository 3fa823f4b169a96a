"""SQL of deletions."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from libs.common.db.engine import Tx
from libs.common.security.principals import Principal
from services.catalog.deletion.repositories.domain import Deletion, Kind
from services.catalog.tables import (
    deletions,
    manifest_blobs,
    manifests,
    namespaces,
    repositories,
    reserved_names,
)

_d, _n, _r, _s = deletions.c, namespaces.c, repositories.c, reserved_names.c
_NOW = sa.func.clock_timestamp()
_IS_OURS = _d.origin == sa.select(sa.func.catalog.origin()).scalar_subquery()
"""Not so of what was asked for before this database was restored from a backup: its name may have had another owner since."""


async def insert_deletion(
    tx: Tx, *, kind: Kind, name: str, principal: Principal, removed: bool = False
) -> None:
    """Note that it is to be deleted; ``removed``: that it is gone, and that its name is kept."""
    await insert_deletions(tx, kind=kind, names=[name], principal=principal, removed=removed)


async def insert_deletions(
    tx: Tx,
    *,
    kind: Kind,
    names: Collection[str],
    principal: Principal,
    removed: bool = False,
) -> None:
    """As ``insert_deletion``, for many; what is noted already stays as it is."""
    by = {
        "account_id": principal.account_id,
        "account": principal.username,
        "client_address": principal.client_address,
    }
    rows = [
        {"kind": kind, "name": name, "removed_at": sa.func.now() if removed else None, **by}
        for name in names
    ]
    for start in range(0, len(rows), 1000):
        await tx.execute(
            insert(deletions).values(rows[start : start + 1000]).on_conflict_do_nothing()
        )


async def list_unremoved(tx: Tx, *, limit: int) -> list[Deletion]:
    """What is to be removed now, oldest first; a namespace only when it has no repository left."""
    is_ready = sa.or_(
        _d.kind == "repository",
        ~sa.exists().where(_r.namespace_id == _n.id, _n.name == _d.name).correlate(deletions),
    )
    return await _list(tx, _d.removed_at.is_(None), is_ready, limit=limit)


async def list_releasable(tx: Tx, *, limit: int) -> list[Deletion]:
    """What was removed and whose name need not be kept any longer; a namespace's only when its repositories' are free."""
    other = deletions.alias()
    has_name = _s.name == _d.name.collate(
        "default"
    )  # of its own collation it would pass by the primary key
    kept = (
        sa.exists().where(_s.kind == _d.kind, has_name, _s.available_at > _NOW).correlate(deletions)
    )
    below = (
        sa.exists()
        .where(other.c.kind == "repository", sa.func.split_part(other.c.name, "/", 1) == _d.name)
        .correlate(deletions)
    )
    return await _list(
        tx, _d.removed_at.is_not(None), ~kept, sa.or_(_d.kind == "repository", ~below), limit=limit
    )


async def list_suspended(tx: Tx) -> list[Deletion]:
    """What came with a backup, by name: nothing of it is done until somebody says so."""
    statement = sa.select(deletions).where(~_IS_OURS).order_by(_d.name, _d.kind)
    return [_deletion(row) for row in await tx.execute(statement)]


async def resume(tx: Tx, *, id: int) -> None:
    """Let it be done after all."""
    await tx.execute(
        sa.update(deletions)
        .where(_d.id == id)
        .values(origin=sa.func.catalog.origin(), failures=0, retry_at=None)
    )


async def take_back(tx: Tx, *, deletion: Deletion) -> None:
    """Forget that it was asked for. The name of what is gone is kept to its time: tokens of its owner live, and its counts end then."""
    await tx.execute(sa.delete(deletions).where(_d.id == deletion.id))
    if not deletion.removed:
        await tx.execute(
            sa.delete(reserved_names).where(_s.kind == deletion.kind, _s.name == deletion.name)
        )


async def reopen_repository(tx: Tx, *, path: str) -> int | None:
    """Let it be there again; returns its id, None when its row is gone already."""
    statement = (
        sa.update(repositories)
        .where(_r.path == path, _r.status == "deleting")
        .values(status="empty")
    )
    row = (await tx.execute(statement.returning(_r.id))).one_or_none()
    return int(row.id) if row else None


async def reopen_namespace(tx: Tx, *, name: str) -> None:
    """Let it be there again."""
    await tx.execute(sa.update(namespaces).where(_n.name == name).values(deleting=False))


async def _list(tx: Tx, *conditions: sa.ColumnElement[bool], limit: int) -> list[Deletion]:
    due = sa.or_(_d.retry_at.is_(None), _d.retry_at <= _NOW)
    statement = sa.select(deletions).where(due, _IS_OURS, *conditions).order_by(_d.id).limit(limit)
    return [_deletion(row) for row in await tx.execute(statement)]


def _deletion(row: Any) -> Deletion:
    return Deletion(
        id=row.id,
        kind=row.kind,
        name=row.name,
        removed=row.removed_at is not None,
        failures=row.failures,
        account_id=row.account_id,
        account=row.account,
        client_address=row.client_address,
    )


async def postpone(tx: Tx, *, id: int, seconds: float) -> None:
    """Try again later."""
    statement = sa.update(deletions).where(_d.id == id)
    await tx.execute(
        statement.values(failures=_d.failures + 1, retry_at=_NOW + timedelta(seconds=seconds))
    )


async def mark_removed(tx: Tx, *, id: int) -> bool:
    """False: another replica did so before."""
    statement = sa.update(deletions).where(_d.id == id, _d.removed_at.is_(None))
    statement = statement.values(removed_at=_NOW, failures=0, retry_at=None)
    return (await tx.execute(statement.returning(_d.id))).one_or_none() is not None


async def release(tx: Tx, *, deletion: Deletion) -> None:
    """The name is free from now on: what was pushed or pulled before is of the former life."""
    await tx.execute(sa.delete(deletions).where(_d.id == deletion.id))
    kept = sa.update(reserved_names).where(_s.kind == deletion.kind, _s.name == deletion.name)
    await tx.execute(kept.values(available_at=_NOW))


async def is_kept(tx: Tx, *, kind: str, name: str) -> bool:
    """Whether a deletion of that name has not ended."""
    return bool(
        (
            await tx.execute(sa.select(sa.exists().where(_d.kind == kind, _d.name == name)))
        ).scalar_one()
    )


async def list_digests(tx: Tx, *, path: str) -> set[str]:
    """The manifests that the catalog knows of a repository."""
    statement = (
        sa.select(manifests.c.digest)
        .join(repositories, _r.id == manifests.c.repository_id)
        .where(_r.path == path)
    )
    return set((await tx.execute(statement)).scalars())


async def list_blobs(tx: Tx, *, path: str) -> set[str]:
    """The configs and layers that the catalog knows of a repository."""
    b = manifest_blobs.c
    statement = (
        sa.select(b.blob_digest)
        .distinct()
        .join(repositories, _r.id == b.repository_id)
        .where(_r.path == path)
    )
    return set((await tx.execute(statement)).scalars())


async def delete_repository(tx: Tx, *, path: str) -> None:
    """Delete the repository's row with its tags and manifests."""
    await tx.execute(sa.delete(repositories).where(_r.path == path, _r.status == "deleting"))


async def delete_namespace(tx: Tx, *, name: str) -> None:
    """Delete the namespace's row with its grants."""
    await tx.execute(sa.delete(namespaces).where(_n.name == name, _n.deleting))


async def close_repository(tx: Tx, *, repository_id: int) -> bool:
    """Mark the repository as being deleted; False: it is already, or is gone."""
    statement = (
        sa.update(repositories)
        .where(_r.id == repository_id, _r.status != "deleting")
        .values(status="deleting")
    )
    return (await tx.execute(statement.returning(_r.id))).one_or_none() is not None


async def close_repositories(tx: Tx, *, namespace_id: int) -> list[str]:
    """Mark all repositories of a namespace as being deleted; returns their paths."""
    await tx.execute(
        sa.select(_r.id).where(_r.namespace_id == namespace_id).order_by(_r.id).with_for_update()
    )  # as the feed locks them
    statement = (
        sa.update(repositories)
        .where(_r.namespace_id == namespace_id)
        .values(status="deleting")
        .returning(_r.path)
    )
    return list((await tx.execute(statement)).scalars())


async def close_namespace(tx: Tx, *, namespace_id: int) -> None:
    """Mark a namespace as being deleted: nobody has access any more."""
    await tx.execute(sa.update(namespaces).where(_n.id == namespace_id).values(deleting=True))
