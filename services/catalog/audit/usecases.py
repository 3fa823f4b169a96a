"""Append to the audit trail of this service, and list the trails of all services."""

from libs.common.db import audit
from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest
from libs.common.security.principals import Principal
from libs.common.web.account_filter import AccountFilter
from services.catalog.audit import queries
from services.catalog.audit.domain import Entry
from services.catalog.tables import audit_entries


async def record(*, tx: Tx, principal: Principal, action: str, target: str) -> None:
    """Append a change by ``principal``, in the transaction of the change.

    ``action`` is ``noun.verb``, and ``target`` is the object's path below ``/api/v1/``.
    """
    entry = audit.AuditEntry(
        action, target, principal.account_id, principal.username, principal.client_address
    )
    await audit.append(tx, audit_entries, entry)


async def record_operator(*, tx: Tx, action: str, target: str) -> None:
    """Append a change from the command line, which has neither an account nor an address."""
    await audit.append(tx, audit_entries, audit.AuditEntry(action, target, None, None, None))


async def list_entries(
    *,
    tx: Tx,
    by_account: AccountFilter,
    action: str | None,
    target: str | None,
    page: PageRequest,
) -> Page[Entry]:
    """Return a page of the entries of all three services, newest first.

    ``action`` is a whole action or its noun. ``target`` matches an object and everything below it.
    """
    return await queries.list_entries(
        tx, account=by_account.account, action=action, target=target, page=page
    )
