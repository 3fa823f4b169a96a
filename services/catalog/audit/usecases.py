"""Appending to, and reading, the audit trail."""

from libs.common.db import audit
from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest
from libs.common.security.principals import Principal
from services.catalog.audit import queries
from services.catalog.audit.domain import Entry
from services.catalog.tables import audit_entries


async def record(*, tx: Tx, principal: Principal, action: str, target: str) -> None:
    """Append that ``principal`` did ``action`` (``noun.verb``) to ``target`` (its path below /api/v1), in the change's transaction."""
    entry = audit.AuditEntry(
        action, target, principal.account_id, principal.username, principal.client_address
    )
    await audit.append(tx, audit_entries, entry)


async def record_operator(*, tx: Tx, action: str, target: str) -> None:
    """Append what the operator did from the command line: no account did it, and from no address."""
    await audit.append(tx, audit_entries, audit.AuditEntry(action, target, None, None, None))


async def list_entries(
    *,
    tx: Tx,
    account: str | None,
    action: str | None,
    target: str | None,
    page: PageRequest,
) -> Page[Entry]:
    """Newest first: what ``account`` did (None: what anyone did), over all three services."""
    return await queries.list_entries(tx, account=account, action=action, target=target, page=page)
