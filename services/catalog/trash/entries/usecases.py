"""List the trash, and end its entries."""

from libs.common.db.changes import deleted
from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest
from libs.common.security.principals import Principal
from libs.common.web.account_filter import AccountFilter
from services.catalog.audit.usecases import record
from services.catalog.trash.domain import Entry, EntryBusy, EntryNotFound, EntryOwner, Kind
from services.catalog.trash.entries import queries

_DELETED_AT_ONCE = 1000


async def list_entries(
    *, tx: Tx, by_account: AccountFilter, kind: Kind | None, q: str | None, page: PageRequest
) -> Page[Entry]:
    """Return a page of the account's entries, newest first."""
    return await queries.list_entries(tx, account=by_account.account, kind=kind, q=q, page=page)


async def get_entry_owner(*, tx: Tx, principal: Principal, entry_id: int) -> EntryOwner:
    """Return ``principal`` with the entry that it can restore. Raises EntryNotFound."""
    entry = await queries.find_entry(tx, entry_id=entry_id)
    if entry is None:
        raise EntryNotFound
    return EntryOwner(principal, entry)


async def end_entry(*, tx: Tx, actor: EntryOwner) -> None:
    """End an entry: it cannot be restored any more.

    Raises:
        EntryBusy: the entry is being restored.
    """
    entry = actor.entry
    if not await queries.end_entry(tx, entry_id=entry.id):
        raise EntryBusy(entry.path)
    await queries.delete_manifests(tx, entry_id=entry.id, limit=_DELETED_AT_ONCE)
    await record(
        tx=tx,
        principal=actor.principal,
        action="trash.delete",
        target=entry.target,
        owner_id=entry.owner_id,
        changes=deleted(expires_at=entry.expires_at),
    )
