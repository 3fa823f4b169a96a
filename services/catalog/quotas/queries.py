"""SQL of the storage that accounts use."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.catalog.quotas.domain import NO_STORAGE, Charge, StorageUse
from services.catalog.tables import account_storage, accounts, uploads

_s, _u = account_storage.c, uploads.c
_CLOCK = sa.func.clock_timestamp()

# Accounts in the order of their ids, so that two transactions that apply the changes of several
# accounts do not deadlock.
_APPLY = sa.text("""
    SELECT sum(catalog.apply_storage_changes(due.account_id, :max_changes))
    FROM (
        SELECT a.id AS account_id FROM catalog.accounts a
        LEFT JOIN catalog.account_storage s ON s.account_id = a.id
        WHERE a.id = ANY(CAST(:accounts AS bigint[]))
          AND (s.rebuilt_at IS NULL OR EXISTS (
            SELECT FROM catalog.storage_changes c WHERE c.account_id = a.id))
        ORDER BY a.id) AS due
""")
_DUE = sa.text("""
    SELECT a.id FROM catalog.accounts a
    LEFT JOIN catalog.account_storage s ON s.account_id = a.id
    WHERE s.rebuilt_at IS NULL OR EXISTS (
      SELECT FROM catalog.storage_changes c WHERE c.account_id = a.id)
    ORDER BY a.id
""")
_SUM_LIVE = """
    SELECT least(coalesce(sum(charged.size_bytes), 0), 9223372036854775807)::bigint FROM (
        SELECT DISTINCT c.digest, c.size_bytes
        FROM catalog.repositories r JOIN catalog.manifests m ON m.repository_id = r.id
        CROSS JOIN LATERAL unnest(m.charged_digests, m.charged_sizes) AS c (digest, size_bytes)
        WHERE {condition}) AS charged
"""
_SUM_REPOSITORY = sa.text(_SUM_LIVE.format(condition="r.id = :id"))
_SUM_NAMESPACE = sa.text(_SUM_LIVE.format(condition="r.namespace_id = :id"))


async def lock_storage(tx: Tx, *, account_id: int) -> None:
    """Lock the storage of the account, so that no push is admitted meanwhile.

    Take it before the quota changes. Pushes that are open then count.
    """
    await tx.execute(sa.select(sa.func.catalog.lock_storage(account_id)))


async def list_due_accounts(tx: Tx) -> list[int]:
    """Return the ids of the accounts with changes that are not applied."""
    return list((await tx.execute(_DUE)).scalars())


async def apply_changes(tx: Tx, *, account_ids: Collection[int], limit: int) -> int:
    """Apply at most ``limit`` changes of each of the accounts; return how many."""
    values = {"accounts": sorted(account_ids), "max_changes": limit}
    return int((await tx.execute(_APPLY, values)).scalar_one() or 0)


async def read_use(tx: Tx, *, account_ids: Collection[int]) -> dict[int, StorageUse]:
    """Return the bytes of each of the accounts, without changes that are not applied."""
    statement = sa.select(_s.account_id, _s.image_bytes, _s.trash_bytes, _s.upload_bytes).where(
        _s.account_id.in_(account_ids)
    )
    found = {row.account_id: _use(row) for row in await tx.execute(statement)}
    return {account_id: found.get(account_id, NO_STORAGE) for account_id in account_ids}


def _use(row: Any) -> StorageUse:
    return StorageUse(int(row.image_bytes), int(row.trash_bytes), int(row.upload_bytes))


async def sum_repository(tx: Tx, *, repository_id: int) -> int:
    """Return the bytes of the images of a repository, each blob and manifest once."""
    return int((await tx.execute(_SUM_REPOSITORY, {"id": repository_id})).scalar_one())


async def sum_namespace(tx: Tx, *, namespace_id: int) -> int:
    """Return the bytes of the images of a namespace, each blob and manifest once."""
    return int((await tx.execute(_SUM_NAMESPACE, {"id": namespace_id})).scalar_one())


async def list_accounts(tx: Tx) -> list[tuple[int, str]]:
    """Return the ids and the usernames of all accounts, by name."""
    statement = sa.select(accounts.c.id, accounts.c.username).order_by(accounts.c.username)
    return [(row.id, row.username) for row in await tx.execute(statement)]


async def count_differences(tx: Tx, *, account_id: int) -> int:
    """Return how many blobs of the account have other references than images and trash say."""
    statement = sa.select(sa.func.catalog.count_storage_differences(account_id))
    return int((await tx.execute(statement)).scalar_one())


async def rebuild(tx: Tx, *, account_id: int) -> None:
    """Compute the storage of the account again."""
    await tx.execute(sa.select(sa.func.catalog.rebuild_storage(account_id)))


async def count_states(tx: Tx, *, warning_percent: int, critical_percent: int) -> Mapping[str, int]:
    """Return the number of accounts with a quota by its state, as far as changes are applied."""
    used = sa.func.coalesce(_s.image_bytes + _s.trash_bytes + _s.upload_bytes, 0)
    quota = accounts.c.storage_quota_bytes
    state = sa.case(
        (used >= quota, "exceeded"),
        (used * 100 >= sa.cast(quota, sa.Numeric) * critical_percent, "critical"),
        (used * 100 >= sa.cast(quota, sa.Numeric) * warning_percent, "warning"),
        else_="ok",
    )
    statement = (
        sa.select(state.label("state"), sa.func.count().label("accounts"))
        .select_from(accounts.outerjoin(account_storage, _s.account_id == accounts.c.id))
        .where(quota.is_not(None))
        .group_by(state)
    )
    return {row.state: row.accounts for row in await tx.execute(statement)}


# The order is that of an index of these manifests. After an upgrade, there can be a million.
_UNCHARGED = sa.text("""
    SELECT r.path, m.digest
    FROM (SELECT repository_id, digest FROM catalog.manifests
          WHERE charged_digests IS NULL AND digest > :after ORDER BY digest LIMIT :max_rows) AS m
    JOIN catalog.repositories r ON r.id = m.repository_id
    ORDER BY m.digest
""")


async def list_uncharged(tx: Tx, *, after: str, limit: int) -> list[tuple[str, str]]:
    """Return manifests (path of a repository, digest) whose charges are unknown.

    They are in the order of their digests, after the digest ``after``.
    """
    rows = await tx.execute(_UNCHARGED, {"after": after, "max_rows": limit})
    return [(row.path, row.digest) for row in rows]


_SET_CHARGES = """
    UPDATE catalog.{table} SET charged_digests = :digests, charged_sizes = :sizes
    WHERE digest = :digest AND charged_digests IS NULL
"""
_SET_CHARGES_OF = [
    sa.text(_SET_CHARGES.format(table=table)) for table in ("manifests", "trash_manifests")
]
_SET_KNOWN_CHARGES = sa.text("""
    UPDATE catalog.manifests SET charged_digests = :digests, charged_sizes = :sizes
    WHERE digest = :digest AND charged_digests IS NULL
      AND repository_id = (SELECT r.id FROM catalog.repositories r WHERE r.path = :path)
""")


async def set_charges(tx: Tx, *, digest: str, charges: Sequence[Charge]) -> None:
    """Store what a manifest charges, wherever it is."""
    values = _charge_values(digest, charges)
    for statement in _SET_CHARGES_OF:
        await tx.execute(statement, values)


async def set_known_charges(tx: Tx, *, path: str, digest: str, charges: Sequence[Charge]) -> None:
    """Store what a manifest charges that this repository has lost. Others can have it."""
    await tx.execute(_SET_KNOWN_CHARGES, _charge_values(digest, charges) | {"path": path})


def _charge_values(digest: str, charges: Sequence[Charge]) -> dict[str, Any]:
    return {
        "digest": digest,
        "digests": [charge.digest for charge in charges],
        "sizes": [charge.size for charge in charges],
    }


_UNCHARGED_TRASH = sa.text("""
    SELECT DISTINCT ON (t.digest) t.digest, t.content FROM catalog.trash_manifests t
    WHERE t.charged_digests IS NULL AND t.content IS NOT NULL ORDER BY t.digest LIMIT :max_rows
""")


async def list_uncharged_trash(tx: Tx, *, limit: int) -> list[tuple[str, bytes]]:
    """Return manifests (digest, content) that only the trash has, and whose charges are unknown."""
    rows = await tx.execute(_UNCHARGED_TRASH, {"max_rows": limit})
    return [(row.digest, bytes(row.content)) for row in rows]


_KNOWN_BLOBS = sa.text("""
    SELECT b.blob_digest AS digest, max(b.size_bytes) AS size_bytes
    FROM catalog.manifest_blobs b JOIN catalog.repositories r ON r.id = b.repository_id
    WHERE r.path = :path AND b.manifest_digest = :digest GROUP BY b.blob_digest
""")


async def list_known_blobs(tx: Tx, *, path: str, digest: str) -> dict[str, int]:
    """Return the sizes of the blobs of a manifest, as the catalog has them."""
    rows = await tx.execute(_KNOWN_BLOBS, {"path": path, "digest": digest})
    return {row.digest: row.size_bytes for row in rows}


async def list_unchecked_uploads(tx: Tx, *, age: timedelta, limit: int) -> list[tuple[str, str]]:
    """Return uploads (repository, digest) that were not checked within ``age``, oldest first."""
    statement = (
        sa.select(_u.repository, _u.digest)
        .where(sa.or_(_u.checked_at.is_(None), _u.checked_at < _CLOCK - age))
        .order_by(_u.checked_at.nulls_first())
        .limit(limit)
    )
    return [(row.repository, row.digest) for row in await tx.execute(statement)]


# A transaction that applies changes deletes uploads, in this order too.
_LOCK_UPLOADS = sa.text("""
    SELECT FROM catalog.uploads u
    JOIN unnest(CAST(:paths AS text[]), CAST(:digests AS text[])) AS given (path, digest)
      ON u.repository = given.path AND u.digest = given.digest
    ORDER BY u.repository, u.digest FOR UPDATE OF u
""")
_RECORD_UPLOADS = sa.text("""
    UPDATE catalog.uploads u
    SET account_id = n.account_id, size_bytes = given.size_bytes, checked_at = clock_timestamp()
    FROM unnest(CAST(:paths AS text[]), CAST(:digests AS text[]), CAST(:sizes AS bigint[]))
           AS given (path, digest, size_bytes)
    LEFT JOIN catalog.namespaces n ON n.name = split_part(given.path, '/', 1)
    WHERE u.repository = given.path AND u.digest = given.digest
""")
# An upload that cannot be found, and that is older than any request of its client, has failed or
# was swept.
_DELETE_UPLOADS = sa.text("""
    DELETE FROM catalog.uploads u
    WHERE u.repository = ANY(CAST(:paths AS text[])) AND u.checked_at IS NOT NULL
      AND (u.size_bytes IS NULL AND u.completed_at < clock_timestamp() - CAST(:age AS interval)
           OR u.account_id IS NULL)
""").bindparams(sa.bindparam("age", type_=sa.Interval))


async def record_uploads(
    tx: Tx, *, sizes: Mapping[tuple[str, str], int | None], failed_after: timedelta
) -> None:
    """Store the sizes of uploads (repository, digest); None: the storage does not have it.

    Delete those that failed, and that a sweep has deleted. Those that an image of the account names
    are deleted when the changes of the account are applied.
    """
    paths = [path for path, _ in sizes]
    given = {"paths": paths, "digests": [one for _, one in sizes], "sizes": list(sizes.values())}
    await tx.execute(_LOCK_UPLOADS, {"paths": given["paths"], "digests": given["digests"]})
    await tx.execute(_RECORD_UPLOADS, given)
    await tx.execute(_DELETE_UPLOADS, {"paths": sorted(set(paths)), "age": failed_after})
