"""Write a deleted namespace or repository again, without its images.

From then on, the name is in use: clients get tokens for it, and can push to it.
"""

from libs.common.db.engine import Tx
from services.catalog.accounts import queries as accounts
from services.catalog.accounts.domain import AccountLimits
from services.catalog.namespaces.usecases import check_namespace_limit
from services.catalog.repositories.usecases import check_repository_limit
from services.catalog.rules.queries import move_from_trash
from services.catalog.trash.domain import Entry, EntryBusy, Kind, NameTaken, ParentMissing
from services.catalog.trash.names import queries


async def write_names(*, tx: Tx, entry: Entry, limits: AccountLimits) -> list[str]:
    """Write the namespace or the repository of the entry, unless it has been written before.

    Return the Docker users whose grants cannot be restored, because they were deleted.

    Raises:
        LimitReached: the account can have no more namespaces or repositories.
        EntryBusy: the deletion is not finished.
        NameTaken: the name is taken.
        ParentMissing: the namespace of the repository does not exist.
    """
    await accounts.lock_account(tx, account_id=entry.owner_id)
    paths = await queries.list_paths(tx, entry_id=entry.id)
    is_new = entry.kind is Kind.NAMESPACE and await queries.has_namespace_to_restore(
        tx, entry_id=entry.id
    )
    # All transactions lock the namespace before the rows of deletions.
    has_parent = await queries.find_namespace(tx, name=entry.namespace, owner_id=entry.owner_id)
    if await queries.has_running_deletion(tx, entry_id=entry.id):
        raise EntryBusy(entry.path)
    if is_new:
        if await queries.namespace_exists(tx, name=entry.namespace):
            raise NameTaken(entry.kind, [entry.namespace])
        await check_namespace_limit(
            tx=tx, account_id=entry.owner_id, name=entry.namespace, limits=limits
        )
    elif paths:
        if not has_parent:
            raise ParentMissing(f"The namespace {entry.namespace}")
        taken = await queries.list_taken(tx, entry_id=entry.id)
        if taken:
            raise NameTaken(entry.kind, taken)
    if paths:
        await check_repository_limit(
            tx=tx, account_id=entry.owner_id, limits=limits, added=len(paths)
        )
    if is_new or paths:
        await queries.delete_deletions(tx, entry_id=entry.id)
        await queries.reset_reservations(tx, entry_id=entry.id)
    if is_new and not await queries.write_namespace(tx, entry_id=entry.id):
        raise NameTaken(entry.kind, [entry.namespace])
    await queries.write_repositories(tx, entry_id=entry.id)
    await move_from_trash(tx, entry_id=entry.id)
    return await queries.list_vanished(tx, entry_id=entry.id)
