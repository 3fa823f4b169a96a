"""SQL of intents."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from libs.common.db.engine import Tx
from libs.common.registry.client import Fetched
from services.catalog.intents.domain import (
    KEPT_FOR,
    LEASE,
    LONGEST_LEASE,
    Change,
    Intent,
    Kind,
    Requester,
    Touched,
)
from services.catalog.tables import intents

_i = intents.c
_CLOCK = sa.func.clock_timestamp()
_IS_OPEN = _i.resolved_at.is_(None)
_IS_OURS = _i.origin == sa.select(sa.func.catalog.origin()).scalar_subquery()
"""False for an intent that came with a backup. The registry has changed since then."""

# hashtextextended's second argument separates these locks from other advisory locks.
_LOCK = sa.text("""
    SELECT pg_advisory_xact_lock(hashtextextended(path, 11)),
           set_config('synchronous_commit', CASE WHEN :durable
             THEN current_setting('synchronous_commit') ELSE 'off' END, true)
    FROM (SELECT unnest(CAST(:paths AS text[])) AS path ORDER BY path) AS paths
""")

# Two pushes of one image to one tag do not conflict: both have the same result. So a client can
# repeat a push whose outcome it does not know.
_INSERT = sa.text("""
    INSERT INTO catalog.intents
      (kind, namespace, repository, digest, tags, needs, removes, media_type, content, docker_user,
       account_id, account, client_address, leased_until)
    SELECT :kind, :namespace, :repository, :digest, CAST(:tags AS text[]), CAST(:needs AS text[]),
           CAST(:removes AS text[]), :media_type, :content, :docker_user, :account_id, :account,
           :client_address, clock_timestamp() + :lease
    WHERE NOT EXISTS (
        SELECT FROM catalog.intents i
        WHERE i.repository = :repository AND i.resolved_at IS NULL
          AND (i.tags && CAST(:tags AS text[])
                 AND NOT (i.kind = 'put_manifest' AND :kind = 'put_manifest'
                          AND i.digest = :digest)
               OR i.removes && CAST(:needs AS text[])
               OR i.needs && CAST(:removes AS text[])))
    RETURNING id
""").bindparams(sa.bindparam("lease", type_=sa.Interval))


async def lock_repositories(tx: Tx, *, paths: Collection[str], durable: bool = True) -> None:
    """Lock repositories, which may not exist, until the transaction ends.

    If ``durable`` is false, the transaction commits without waiting for the disk.

    All transactions that change images or intents take this lock first, so that each of them reads
    what the one before has written.
    """
    await tx.execute(_LOCK, {"paths": sorted(paths), "durable": durable})


async def insert_unless_conflict(tx: Tx, *, change: Change) -> int | None:
    """Insert an intent with a lease and return its id; return None if an open intent conflicts."""
    values = {
        "kind": change.kind.value,
        "namespace": change.namespace,
        "repository": change.repository,
        "digest": change.digest,
        "tags": list(change.tags),
        "needs": sorted(change.needs),
        "removes": sorted(change.removes),
        "media_type": change.manifest.media_type if change.manifest else None,
        "content": change.manifest.content if change.manifest else None,
        "docker_user": change.docker_user,
        "account_id": change.requester.account_id,
        "account": change.requester.account,
        "client_address": change.requester.client_address,
        "lease": LEASE,
    }
    return (await tx.execute(_INSERT, values)).scalar_one_or_none()


async def renew_lease(tx: Tx, *, id: int) -> None:
    """Let the lease of the intent end later."""
    await tx.execute(
        sa.update(intents).where(_i.id == id, _IS_OPEN).values(leased_until=_CLOCK + LEASE)
    )


async def resolve(tx: Tx, *, id: int) -> bool:
    """Mark the intent as resolved; return False if another process has resolved it."""
    statement = (
        sa.update(intents)
        .where(_i.id == id, _IS_OPEN)
        .values(resolved_at=_CLOCK, content=None)
        .returning(_i.id)
    )
    return (await tx.execute(statement)).one_or_none() is not None


async def take_over(tx: Tx, *, limit: int) -> list[Intent]:
    """Return open intents whose lease has ended, and take a lease on them.

    The lease grows with their age, so that intents that fail again and again delay no others.
    """
    growing = sa.func.least(LONGEST_LEASE, (_CLOCK - _i.started_at) / 4)
    ended = (
        sa.select(_i.id)
        .where(_IS_OPEN, _i.leased_until < _CLOCK, _IS_OURS)
        .order_by(_i.leased_until)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    statement = (
        sa.update(intents)
        .where(_i.id.in_(ended))
        .values(leased_until=_CLOCK + sa.func.greatest(LEASE, growing))
        .returning(intents)
    )
    return sorted(map(_intent, await tx.execute(statement)), key=lambda intent: intent.id)


async def has_open(tx: Tx, *, repository: str) -> bool:
    """Return whether a change of the repository is open. One that came with a backup is not."""
    is_open = sa.exists().where(_i.repository == repository, _IS_OPEN, _IS_OURS)
    return bool((await tx.execute(sa.select(is_open))).scalar_one())


async def list_open_repositories(tx: Tx, *, namespace: str) -> list[str]:
    """Return the paths of the repositories of ``namespace`` with an open change."""
    statement = (
        sa.select(_i.repository).distinct().where(_i.namespace == namespace, _IS_OPEN, _IS_OURS)
    )
    return list((await tx.execute(statement)).scalars())


async def list_touched(
    tx: Tx, *, repositories: Collection[str], since: datetime
) -> dict[str, Touched]:
    """Return what intents have changed since ``since`` (database clock), or may be changing.

    Repositories without such an intent are left out.
    """
    statement = sa.select(_i.repository, _i.tags, _i.digest, _i.removes).where(
        _i.repository.in_(repositories), sa.or_(_IS_OPEN, _i.resolved_at >= since)
    )
    tags: dict[str, set[str]] = {}
    digests: dict[str, set[str]] = {}
    for row in await tx.execute(statement):
        tags.setdefault(row.repository, set()).update(row.tags)
        digests.setdefault(row.repository, set()).update((row.digest, *row.removes))
    return {path: Touched(frozenset(tags[path]), frozenset(digests[path])) for path in tags}


async def delete_old(tx: Tx) -> None:
    """Delete intents that were resolved long ago, and those that came with a backup."""
    await tx.execute(
        sa.delete(intents).where(sa.or_(_i.resolved_at < _CLOCK - KEPT_FOR, ~_IS_OURS))
    )


async def read_clock(tx: Tx) -> datetime:
    """Return the time of the database's clock."""
    now: datetime = (await tx.execute(sa.select(_CLOCK))).scalar_one()
    return now


def _intent(row: Any) -> Intent:
    return Intent(
        id=row.id,
        change=Change(
            kind=Kind(row.kind),
            namespace=row.namespace,
            repository=row.repository,
            digest=row.digest,
            tags=tuple(row.tags),
            needs=frozenset(row.needs),
            removes=frozenset(row.removes),
            manifest=None if row.content is None else Fetched(row.media_type, row.content),
            docker_user=row.docker_user,
            requester=Requester(row.account_id, row.account, row.client_address),
        ),
        started_at=row.started_at,
    )
