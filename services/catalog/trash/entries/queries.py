"""SQL of the list of the trash, and of the end of its entries."""

from typing import Any

import sqlalchemy as sa

from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest, Sort, fetch_page
from services.catalog.tables import (
    accounts,
    contains_by_index,
    deletions,
    trash,
    trash_digests,
    trash_manifests,
    trash_tags,
)
from services.catalog.trash.domain import Entry, Kind

_e = trash.c
_CLOCK = sa.func.clock_timestamp()
_NEWEST_FIRST = Sort("-deleted_at", (_e.deleted_at, _e.id))
_MAX_TAGS = 100


def _select() -> sa.Select[Any]:
    t, d = trash_tags.c, deletions.c
    names = (
        sa.select(t.name)
        .where(t.entry_id == _e.id, t.digest == _e.digest)
        .order_by(t.name)
        .limit(_MAX_TAGS)
    )
    is_deleting = sa.exists().where(
        d.removed_at.is_(None),
        sa.or_(
            sa.and_(_e.kind == "repository", d.kind == "repository", d.name == _e.path),
            sa.and_(
                _e.kind == "namespace",
                sa.func.split_part(d.name, "/", 1) == _e.namespace,
            ),
        ),
    )
    status = sa.case(
        (_e.restoring_since.is_not(None), "restoring"), (is_deleting, "deleting"), else_="deleted"
    )
    return (
        sa.select(
            _e.id,
            _e.kind,
            _e.path,
            _e.namespace,
            _e.repository,
            _e.digest,
            _e.owner_id,
            accounts.c.username.label("owner"),
            _e.account,
            _e.docker_user,
            _e.via,
            _e.client_address,
            _e.deleted_at,
            _e.expires_at,
            _e.size_bytes,
            _e.repository_count,
            _e.tag_count,
            sa.func.array(names.scalar_subquery()).label("tags"),
            status.label("status"),
        )
        .join(accounts, accounts.c.id == _e.owner_id)
        .where(sa.or_(_e.expires_at > _CLOCK, _e.restoring_since.is_not(None)))
    )


def _entry(row: Any) -> Entry:
    return Entry(
        id=row.id,
        kind=Kind(row.kind),
        path=row.path,
        namespace=row.namespace,
        repository=row.repository,
        digest=row.digest,
        owner_id=row.owner_id,
        account=row.owner,
        deleted_by=row.account,
        docker_user=row.docker_user,
        via=row.via,
        client_address=row.client_address,
        deleted_at=row.deleted_at,
        expires_at=row.expires_at,
        size_bytes=row.size_bytes,
        repository_count=row.repository_count,
        tag_count=row.tag_count,
        tags=tuple(row.tags),
        status=row.status,
    )


async def list_entries(
    tx: Tx, *, account: str | None, kind: Kind | None, q: str | None, page: PageRequest
) -> Page[Entry]:
    """Return a page of the entries of ``account`` (None: of all accounts), newest first.

    ``q`` is a part of the path.
    """
    statement = _select()
    if account is not None:
        statement = statement.where(accounts.c.username == account)
    if kind is not None:
        statement = statement.where(_e.kind == kind.value)
    if q:
        statement = statement.where(contains_by_index(q, _e.path))
    return await fetch_page(tx, statement, sort=_NEWEST_FIRST, page=page, of=_entry)


async def find_entry(tx: Tx, *, entry_id: int) -> Entry | None:
    """Return the entry, or None if it does not exist or has expired."""
    row = (await tx.execute(_select().where(_e.id == entry_id))).one_or_none()
    return _entry(row) if row else None


async def sum_up(tx: Tx) -> tuple[int, int]:
    """Return the number of entries that have not expired, and their bytes."""
    is_there = sa.or_(_e.expires_at > _CLOCK, _e.restoring_since.is_not(None))
    statement = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(_e.size_bytes), 0)).where(
        is_there
    )
    count, size_bytes = (await tx.execute(statement)).one()
    return int(count), int(size_bytes)


async def end_entry(tx: Tx, *, entry_id: int) -> bool:
    """Let the entry expire now; return False if it is being restored, or has expired."""
    statement = (
        sa.update(trash)
        .where(_e.id == entry_id, _e.restoring_since.is_(None), _e.expires_at > _CLOCK)
        .values(expires_at=_CLOCK)
    )
    return (await tx.execute(statement.returning(_e.id))).one_or_none() is not None


async def delete_manifests(tx: Tx, *, entry_id: int, limit: int) -> None:
    """Delete at most ``limit`` manifests of an entry that has ended.

    The account then has their bytes back. The other rows are deleted later (``delete_expired``).
    """
    m = trash_manifests.c
    rows = (
        sa.select(m.repository, m.digest)
        .where(m.entry_id == entry_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    await tx.execute(
        sa.delete(trash_manifests).where(
            m.entry_id == entry_id, sa.tuple_(m.repository, m.digest).in_(rows)
        )
    )


async def delete_expired(tx: Tx, limit: int) -> int:
    """Delete at most ``limit`` rows of expired entries; return how many.

    The rows with the most data are deleted first, and the entry last. A garbage collection that
    begins later can delete what only they named.
    """
    ended = (
        sa.select(_e.id)
        .where(_e.expires_at < _CLOCK, _e.restoring_since.is_(None))
        .order_by(_e.expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    # A restore that begins now waits for the lock, and then finds that the entry has expired.
    ids = list((await tx.execute(ended)).scalars())
    left = limit if ids else 0
    for table in (trash_digests, trash_manifests, trash_tags):
        if not left:
            break
        rows: sa.Select[Any] = (
            sa.select(sa.literal_column("ctid"))
            .select_from(table)
            .where(table.c.entry_id.in_(ids))
            .limit(left)
            .with_for_update(skip_locked=True, of=table)
        )
        statement = sa.delete(table).where(sa.literal_column("ctid").in_(rows))
        left -= (await tx.execute(statement)).rowcount
    if left:
        chosen = sa.delete(trash).where(_e.id.in_(ids[:left]))
        left -= (await tx.execute(chosen)).rowcount
    return limit - left if ids else 0
