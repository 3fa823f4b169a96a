"""Append to the audit trail of this service, and list the trails of all services."""

from collections.abc import Sequence

from libs.common.db import audit
from libs.common.db.changes import Changes
from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest
from libs.common.security.principals import Principal
from libs.common.web.account_filter import AccountFilter
from services.catalog.audit import queries
from services.catalog.audit.domain import Entry, EntryFilter
from services.catalog.tables import audit_entries


async def record(
    *,
    tx: Tx,
    principal: Principal,
    action: str,
    target: str,
    owner_id: int | None = None,
    changes: Changes | None = None,
) -> None:
    """Append a change by ``principal``, in the transaction of the change.

    ``action`` is ``noun.verb``, and ``target`` is the object's path below ``/api/v1/``.
    ``owner_id`` is the account that owns the object.
    """
    entry = audit.entry_by(
        principal, action=action, target=target, owner_id=owner_id, changes=changes
    )
    await audit.append(tx, audit_entries, entry)


async def record_of_namespace(*, tx: Tx, entry: audit.AuditEntry, namespace: str) -> None:
    """Append ``entry``, whose object the owner of ``namespace`` owns, if the namespace exists."""
    await record_all_of_namespace(tx=tx, entries=[entry], namespace=namespace)


async def record_all_of_namespace(
    *, tx: Tx, entries: Sequence[audit.AuditEntry], namespace: str
) -> None:
    """Append ``entries``, whose objects the owner of ``namespace`` owns, if it exists."""
    await queries.insert_of_namespace(tx, entries=entries, namespace=namespace)


async def record_operator(
    *, tx: Tx, action: str, target: str, owner_id: int, changes: Changes
) -> None:
    """Append a change from the command line, which has neither an account nor an address."""
    entry = audit.AuditEntry(
        action,
        target,
        None,
        None,
        None,
        via=audit.COMMAND_LINE,
        owner_id=owner_id,
        changes=changes,
    )
    await audit.append(tx, audit_entries, entry)


async def list_entries(
    *, tx: Tx, by_account: AccountFilter, entry_filter: EntryFilter, page: PageRequest
) -> Page[Entry]:
    """Return a page of the entries of all three services, newest first.

    The page of an account has what the account did, and what anyone did to its objects.
    """
    account_id = None
    if by_account.account is not None:
        account_id = await queries.find_account_id(tx, username=by_account.account)
        if account_id is None:
            return Page((), None)
    return await queries.list_entries(
        tx, account_id=account_id, entry_filter=entry_filter, page=page
    )
