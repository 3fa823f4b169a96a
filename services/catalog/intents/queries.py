"""SQL of intents."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
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

_LOCK = sa.text("""
    SELECT catalog.lock_repository(path)
    FROM (SELECT unnest(CAST(:paths AS text[])) AS path ORDER BY path) AS paths
""")

_CHANGE = """(
    CAST(ROW(NULL, :kind, :namespace, :repository, :digest, CAST(:tags AS text[]),
             CAST(:needs AS text[]), CAST(:removes AS text[]), :media_type, CAST(:content AS bytea),
             :docker_user, CAST(:account_id AS bigint), :account, :client_address, NULL, NULL, NULL,
             NULL, :via, CAST(:api_key_id AS uuid))
         AS catalog.intents), CAST(:lease AS interval)
"""


def calling(function: str, *arguments: str) -> sa.TextClause:
    """Return a statement that calls a function with the values of ``change_values``.

    ``arguments`` are further arguments of the function.
    """
    statement = sa.text(function + ", ".join((_CHANGE, *arguments)) + ")")
    return statement.bindparams(sa.bindparam("lease", type_=sa.Interval))


_INSERT = calling("SELECT catalog.insert_intent")
_INSERT_OF_TAGS = sa.text(
    "".join(
        (
            "SELECT given.tag, catalog.insert_intent",
            _CHANGE.replace(":digest", "given.digest").replace(":tags", "ARRAY[given.tag]"),
            ") AS id FROM unnest(CAST(:names AS text[]), CAST(:digests AS text[])) ",
            "AS given (tag, digest)",
        )
    )
).bindparams(sa.bindparam("lease", type_=sa.Interval))
_RESOLVE_LEASED = sa.text("""
    UPDATE catalog.intents i SET resolved_at = clock_timestamp(), content = NULL
    FROM unnest(CAST(:ids AS bigint[]), CAST(:ends AS timestamptz[])) AS given (id, ends)
    WHERE i.id = given.id AND i.leased_until = given.ends AND i.resolved_at IS NULL
    RETURNING i.id
""")


async def lock_repositories(tx: Tx, *, paths: Collection[str]) -> None:
    """Lock repositories, which may not exist, until the transaction ends.

    All transactions that change images or intents take this lock first, so that each of them reads
    what the one before has written.
    """
    await tx.execute(_LOCK, {"paths": sorted(paths)})


async def insert_unless_conflict(tx: Tx, *, change: Change, lease: timedelta = LEASE) -> int | None:
    """Insert an intent and return its id; return None if an open intent conflicts.

    The caller works on the intent for ``lease``, and then the worker.
    """
    values = change_values(change, lease=lease)
    id_: int | None = (await tx.execute(_INSERT, values)).scalar_one()
    return id_


async def insert_of_tags(
    tx: Tx, *, change: Change, digests: Mapping[str, str]
) -> dict[str, tuple[int, datetime]]:
    """Insert the intent of ``change`` once for each tag of ``digests``, with its digest.

    Return their ids, and the ends of their leases, by tag. A tag is left out if an open intent
    conflicts.
    """
    values = change_values(change) | {
        "names": list(digests),
        "digests": list(digests.values()),
    }
    del values["tags"], values["digest"]
    rows = await tx.execute(_INSERT_OF_TAGS, values)
    ids: dict[str, int] = {row.tag: row.id for row in rows if row.id is not None}
    leases = await tx.execute(sa.select(_i.id, _i.leased_until).where(_i.id.in_(ids.values())))
    ends = {row.id: row.leased_until for row in leases}
    return {tag: (id_, ends[id_]) for tag, id_ in ids.items()}


async def resolve_leased(tx: Tx, *, versions: Collection[tuple[int, datetime]]) -> set[int]:
    """Resolve the intents that these ``versions`` of leases are on: ids, and ends of the leases.

    Return their ids, without those that another process has taken over or has resolved.
    """
    values = {"ids": [id_ for id_, _ in versions], "ends": [end for _, end in versions]}
    return set((await tx.execute(_RESOLVE_LEASED, values)).scalars())


def change_values(change: Change, *, lease: timedelta = LEASE) -> dict[str, Any]:
    """Return the parameters of a statement of ``calling``."""
    return {
        "kind": change.kind.value,
        "namespace": change.namespace,
        "repository": change.repository,
        "digest": change.digest,
        "tags": list(change.tags),
        "needs": sorted(change.needs),
        "removes": sorted(change.removes),
        "media_type": change.manifest.media_type if change.manifest else None,
        "content": change.manifest.content if change.manifest else None,
        "docker_user": change.requester.docker_user,
        "account_id": change.requester.account_id,
        "account": change.requester.account,
        "client_address": change.requester.client_address,
        "via": change.requester.via,
        "api_key_id": change.requester.api_key_id,
        "lease": lease,
    }


async def renew_lease(tx: Tx, *, id: int) -> None:
    """Let the lease of the intent end later."""
    await tx.execute(
        sa.update(intents).where(_i.id == id, _IS_OPEN).values(leased_until=_CLOCK + LEASE)
    )


async def find_lease(tx: Tx, *, id: int) -> datetime | None:
    """Return when the lease of an open intent ends, or None if the intent is resolved."""
    statement = sa.select(_i.leased_until).where(_i.id == id, _IS_OPEN, _IS_OURS)
    until: datetime | None = (await tx.execute(statement)).scalar_one_or_none()
    return until


async def extend_lease(tx: Tx, *, id: int, until: datetime) -> datetime | None:
    """Let the lease that ends at ``until`` end later, and return the new end.

    Return None if the lease has ended, if another process has it, or if the intent is resolved.
    """
    statement = (
        sa.update(intents)
        .where(_i.id == id, _IS_OPEN, _IS_OURS, _i.leased_until == until, _i.leased_until > _CLOCK)
        .values(leased_until=_CLOCK + LEASE)
        .returning(_i.leased_until)
    )
    extended: datetime | None = (await tx.execute(statement)).scalar_one_or_none()
    return extended


async def resolve(tx: Tx, *, id: int, until: datetime | None = None) -> bool:
    """Mark the intent as resolved; return False if another process has resolved it.

    With ``until``, also return False unless the lease ends then: another process has taken it.
    """
    statement = sa.update(intents).where(_i.id == id, _IS_OPEN)
    if until is not None:
        statement = statement.where(_i.leased_until == until)
    statement = statement.values(resolved_at=_CLOCK, content=None)
    return (await tx.execute(statement.returning(_i.id))).one_or_none() is not None


async def take_over(tx: Tx, *, kinds: Collection[Kind], limit: int) -> list[Intent]:
    """Return open intents whose lease has ended, and take a lease on them.

    The lease grows with their age, so that intents that fail again and again delay no others. Other
    ``kinds``, such as those of a later version, are left to other workers.
    """
    growing = sa.func.least(LONGEST_LEASE, (_CLOCK - _i.started_at) / 4)
    ended = (
        sa.select(_i.id)
        .where(_IS_OPEN, _i.leased_until < _CLOCK, _IS_OURS, _i.kind.in_(kinds))
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


async def has_open(tx: Tx, *, repositories: Collection[str], besides: Kind | None = None) -> bool:
    """Return whether a change of the repositories is open, other than one of kind ``besides``.

    One that came with a backup is not open.
    """
    is_open = sa.exists().where(
        _i.repository.in_(repositories), _IS_OPEN, _IS_OURS, _i.kind != (besides or "")
    )
    return bool((await tx.execute(sa.select(is_open))).scalar_one())


async def has_open_pushes(tx: Tx) -> bool:
    """Return whether the registry may still carry out a push of whatever repository."""
    kinds = (Kind.PUT_MANIFEST, Kind.RESTORE_TAG, Kind.COPY)
    is_open = sa.exists().where(_i.kind.in_(kinds), _IS_OPEN, _IS_OURS)
    return bool((await tx.execute(sa.select(is_open))).scalar_one())


async def measure_open(tx: Tx) -> tuple[int, float]:
    """Return the number of open intents, and the age of the oldest in seconds."""
    age = sa.extract("epoch", _CLOCK - sa.func.min(_i.started_at))
    statement = sa.select(sa.func.count(), sa.func.coalesce(age, 0)).where(_IS_OPEN, _IS_OURS)
    row = (await tx.execute(statement)).one()
    return int(row[0]), max(0.0, float(row[1]))


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
            requester=Requester(
                row.account_id,
                row.account,
                row.client_address,
                row.via,
                row.api_key_id,
                row.docker_user,
            ),
        ),
        started_at=row.started_at,
        leased_until=row.leased_until,
    )
