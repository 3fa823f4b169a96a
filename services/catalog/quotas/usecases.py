"""Read, check, and rebuild the storage use of accounts."""

from collections.abc import Collection

from libs.common.db.engine import Engine, Tx
from services.catalog.quotas import queries
from services.catalog.quotas.domain import RebuiltAccount, StorageUse

_APPLIED_BY_READERS = 10_000
"""A request that reads the figures applies so many changes of an account. The worker does more."""


async def get_use(*, tx: Tx, account_ids: Collection[int]) -> dict[int, StorageUse]:
    """Return the bytes that each of the accounts uses now."""
    await queries.apply_changes(tx, account_ids=account_ids, limit=_APPLIED_BY_READERS)
    return await queries.read_use(tx, account_ids=account_ids)


async def rebuild(*, engine: Engine, only_check: bool = False) -> list[RebuiltAccount]:
    """Compute the storage of each account again, in a transaction of its own.

    With ``only_check``, only count the differences. Return the accounts with differences.
    """
    rebuilt = []
    async with engine.connect() as tx:
        all_accounts = await queries.list_accounts(tx)
    for account_id, username in all_accounts:
        async with engine.begin() as tx:
            differences = await queries.count_differences(tx, account_id=account_id)
            if differences and not only_check:
                await queries.rebuild(tx, account_id=account_id)
            if differences:
                use = await get_use(tx=tx, account_ids=[account_id])
                rebuilt.append(RebuiltAccount(username, differences, use[account_id]))
    return rebuilt
