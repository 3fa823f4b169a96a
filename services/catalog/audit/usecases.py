"""Appending to, and reading, the audit trail."""

from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.db import audit
from libs.common.db.pagination import Found
from libs.common.web.pagination import PageRequest
from libs.common.web.principals import Principal
from services.catalog.audit import queries
from services.catalog.audit.domain import Entry
from services.catalog.tables import audit_entries


async def record(*, tx: AsyncConnection, principal: Principal, action: str, target: str) -> None:
    """Append that ``principal`` did ``action`` (``noun.verb``) to ``target`` (its path below /api/v1), in the change's transaction."""
    entry = audit.AuditEntry(
        action, target, principal.account_id, principal.username, principal.client_address
    )
    await audit.append(tx, audit_entries, entry)


async def record_operator(*, tx: AsyncConnection, action: str, target: str) -> None:
    """Append what the operator did from the command line: no account did it, and from no address."""
    await audit.append(tx, audit_entries, audit.AuditEntry(action, target, None, None, None))


async def list_entries(
    *,
    tx: AsyncConnection,
    account: str | None,
    action: str | None,
    target: str | None,
    page: PageRequest,
) -> Found[Entry]:
    """Newest first: what ``account`` did (None: what anyone did), over all three services."""
    return await queries.list_entries(tx, account=account, action=action, target=target, page=page)
