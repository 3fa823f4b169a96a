"""SQL of the deletions of repositories and namespaces."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from libs.common.db.engine import Tx
from libs.common.security.principals import Principal
from services.catalog.deletion.repositories.domain import EMPTYING_LEASE, Backlog, Deletion, Kind
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
_ROWS_PER_STATEMENT = 1000
_IS_ACTIVE = _d.origin == sa.select(sa.func.catalog.origin()).scalar_subquery()
"""False for a suspended deletion: this database was restored from a backup after the request.

Meanwhile, the name may have had another owner.
"""


async def insert_deletion(
    tx: Tx, *, kind: Kind, name: str, principal: Principal, removed: bool = False
) -> None:
    """Record a deletion; with ``removed``, of an object that is already gone."""
    await insert_deletions(tx, kind=kind, names=[name], principal=principal, removed=removed)


async def insert_deletions(
    tx: Tx,
    *,
    kind: Kind,
    names: Collection[str],
    principal: Principal,
    removed: bool = False,
) -> None:
    """Record a deletion for each of ``names``; an existing record does not change."""
    requester = {
        "account_id": principal.account_id,
        "account": principal.username,
        "client_address": principal.client_address,
    }
    removed_at = sa.func.now() if removed else None
    rows = [{"kind": kind, "name": name, "removed_at": removed_at, **requester} for name in names]
    for start in range(0, len(rows), _ROWS_PER_STATEMENT):
        chunk = rows[start : start + _ROWS_PER_STATEMENT]
        await tx.execute(insert(deletions).values(chunk).on_conflict_do_nothing())


async def list_to_remove(tx: Tx, *, limit: int) -> list[Deletion]:
    """Return deletions whose object must be removed now, oldest first.

    A namespace is removed after its last repository.
    """
    other = deletions.alias()
    has_repositories = (
        sa.exists().where(_r.namespace_id == _n.id, _n.name == _d.name).correlate(deletions)
    )
    has_deletions = (
        sa.exists()
        .where(
            other.c.kind == "repository",
            other.c.removed_at.is_(None),
            sa.func.split_part(other.c.name, "/", 1) == _d.name,
        )
        .correlate(deletions)
    )
    is_ready = sa.or_(_d.kind == "repository", ~has_repositories & ~has_deletions)
    return await _list_due(tx, _d.removed_at.is_(None), is_ready, limit=limit)


async def list_to_release(tx: Tx, *, limit: int) -> list[Deletion]:
    """Return removed deletions whose name can be released, oldest first.

    The reservation of the name must have expired. A namespace's name is released after the names of
    its repositories.
    """
    other = deletions.alias()
    # With the collation of deletions.name, the comparison would not use the primary key.
    same_name = _s.name == _d.name.collate("default")
    is_reserved = (
        sa.exists()
        .where(_s.kind == _d.kind, same_name, _s.available_at > _NOW)
        .correlate(deletions)
    )
    has_repositories = (
        sa.exists()
        .where(other.c.kind == "repository", sa.func.split_part(other.c.name, "/", 1) == _d.name)
        .correlate(deletions)
    )
    return await _list_due(
        tx,
        _d.removed_at.is_not(None),
        ~is_reserved,
        sa.or_(_d.kind == "repository", ~has_repositories),
        limit=limit,
    )


async def _list_due(tx: Tx, *conditions: sa.ColumnElement[bool], limit: int) -> list[Deletion]:
    is_due = sa.or_(_d.retry_at.is_(None), _d.retry_at <= _NOW)
    statement = (
        sa.select(deletions).where(is_due, _IS_ACTIVE, *conditions).order_by(_d.id).limit(limit)
    )
    return [_deletion(row) for row in await tx.execute(statement)]


async def list_suspended(tx: Tx) -> list[Deletion]:
    """Return the deletions from a restored backup, by name. The operator decides about them."""
    statement = sa.select(deletions).where(~_IS_ACTIVE).order_by(_d.name, _d.kind)
    return [_deletion(row) for row in await tx.execute(statement)]


async def measure_backlog(tx: Tx) -> Backlog:
    """Return how many deletions are in which state."""
    waits = _d.removed_at.is_(None) & _IS_ACTIVE
    age = sa.extract("epoch", _NOW - sa.func.min(_d.requested_at).filter(waits))
    statement = sa.select(
        sa.func.count().filter(waits),
        sa.func.count().filter(_d.removed_at.is_not(None) & _IS_ACTIVE),
        sa.func.count().filter(~_IS_ACTIVE),
        sa.func.coalesce(age, 0),
    ).select_from(deletions)
    row = (await tx.execute(statement)).one()
    return Backlog(row[0], row[1], row[2], max(0.0, float(row[3])))


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


async def resume(tx: Tx, *, id: int) -> None:
    """Make a suspended deletion active again."""
    await tx.execute(
        sa.update(deletions)
        .where(_d.id == id)
        .values(origin=sa.func.catalog.origin(), failures=0, retry_at=None)
    )


async def delete_deletion(tx: Tx, *, deletion: Deletion) -> None:
    """Delete the record of a deletion, and the reservation of the name unless the object is gone.

    If it is gone, valid tokens still name it, and its pull counts end with the reservation.
    """
    await tx.execute(sa.delete(deletions).where(_d.id == deletion.id))
    if not deletion.removed:
        await tx.execute(
            sa.delete(reserved_names).where(_s.kind == deletion.kind, _s.name == deletion.name)
        )


async def postpone(tx: Tx, *, id: int, seconds: float) -> None:
    """Count a failure, and retry the deletion after ``seconds``."""
    statement = sa.update(deletions).where(_d.id == id)
    await tx.execute(
        statement.values(failures=_d.failures + 1, retry_at=_NOW + timedelta(seconds=seconds))
    )


async def lock_object(tx: Tx, *, deletion: Deletion) -> None:
    """Lock the row of the namespace or repository, if it exists, until the transaction ends.

    All transactions that change both lock the object before its row in ``deletions``. With two
    orders, the removal of a repository and the deletion of its namespace would deadlock.
    """
    if deletion.kind == "repository":
        statement = sa.select(_r.id).where(_r.path == deletion.name)
    else:
        statement = sa.select(_n.id).where(_n.name == deletion.name)
    await tx.execute(statement.with_for_update())


async def lock_deletion(tx: Tx, *, deletion: Deletion) -> bool:
    """Keep the deletion in its step until the transaction ends; return False if it is not in it."""
    statement = sa.select(_d.id).where(
        _d.id == deletion.id, _d.removed_at.is_not(None) == sa.literal(deletion.removed)
    )
    return (await tx.execute(statement.with_for_update(read=True))).one_or_none() is not None


async def mark_removed(tx: Tx, *, id: int) -> bool:
    """Mark the object as removed; return False if another replica has done so."""
    statement = sa.update(deletions).where(_d.id == id, _d.removed_at.is_(None))
    statement = statement.values(removed_at=_NOW, failures=0, retry_at=None)
    return (await tx.execute(statement.returning(_d.id))).one_or_none() is not None


async def begin_emptying(tx: Tx, *, id: int) -> bool:
    """Let nobody restore to the name for a while; return False if the deletion is gone."""
    statement = sa.update(deletions).where(_d.id == id).values(emptied_until=_NOW + EMPTYING_LEASE)
    return (await tx.execute(statement.returning(_d.id))).one_or_none() is not None


async def release_name(tx: Tx, *, deletion: Deletion) -> None:
    """End the deletion and the reservation of its name, unless the deletion is gone.

    Earlier pushes and pulls belong to the earlier generation of the name.
    """
    ended = sa.delete(deletions).where(_d.id == deletion.id).returning(_d.id)
    if (await tx.execute(ended)).one_or_none() is None:
        return
    reserved = sa.update(reserved_names).where(_s.kind == deletion.kind, _s.name == deletion.name)
    await tx.execute(reserved.values(available_at=_NOW))


async def list_manifest_digests(tx: Tx, *, path: str) -> set[str]:
    """Return the digests of the repository's manifests in the catalog."""
    statement = (
        sa.select(manifests.c.digest)
        .join(repositories, _r.id == manifests.c.repository_id)
        .where(_r.path == path)
    )
    return set((await tx.execute(statement)).scalars())


async def list_blob_digests(tx: Tx, *, path: str) -> set[str]:
    """Return the digests of the repository's configs and layers in the catalog."""
    b = manifest_blobs.c
    statement = (
        sa.select(b.blob_digest)
        .distinct()
        .join(repositories, _r.id == b.repository_id)
        .where(_r.path == path)
    )
    return set((await tx.execute(statement)).scalars())


async def delete_repository(tx: Tx, *, path: str) -> None:
    """Delete the repository's row with its tags and manifests, if it is being deleted."""
    await tx.execute(sa.delete(repositories).where(_r.path == path, _r.status == "deleting"))


async def delete_namespace(tx: Tx, *, name: str) -> None:
    """Delete the namespace's row with its grants, if it is being deleted."""
    await tx.execute(sa.delete(namespaces).where(_n.name == name, _n.deleting))


async def mark_repository_deleting(tx: Tx, *, repository_id: int) -> bool:
    """Mark the repository as being deleted; return False if it is already, or does not exist."""
    statement = (
        sa.update(repositories)
        .where(_r.id == repository_id, _r.status != "deleting")
        .values(status="deleting")
    )
    return (await tx.execute(statement.returning(_r.id))).one_or_none() is not None


async def mark_repositories_deleting(tx: Tx, *, namespace_id: int) -> list[str]:
    """Mark all repositories of a namespace as being deleted; return their paths."""
    in_lock_order = (
        sa.select(_r.id).where(_r.namespace_id == namespace_id).order_by(_r.id).with_for_update()
    )
    await tx.execute(in_lock_order)  # the feed locks repositories in this order too
    statement = (
        sa.update(repositories)
        .where(_r.namespace_id == namespace_id)
        .values(status="deleting")
        .returning(_r.path)
    )
    return list((await tx.execute(statement)).scalars())


async def mark_namespace_deleting(tx: Tx, *, namespace_id: int) -> None:
    """Mark the namespace as being deleted, which ends all access to it."""
    await tx.execute(sa.update(namespaces).where(_n.id == namespace_id).values(deleting=True))


async def unmark_repository(tx: Tx, *, path: str) -> int | None:
    """Mark the repository as not being deleted; return its id, or None if its row is gone."""
    statement = (
        sa.update(repositories)
        .where(_r.path == path, _r.status == "deleting")
        .values(status="empty")
    )
    row = (await tx.execute(statement.returning(_r.id))).one_or_none()
    return int(row.id) if row else None


async def unmark_namespace(tx: Tx, *, name: str) -> None:
    """Mark the namespace as not being deleted."""
    await tx.execute(sa.update(namespaces).where(_n.name == name).values(deleting=False))
