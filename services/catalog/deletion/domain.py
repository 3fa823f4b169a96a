"""Who requested a deletion, and its entry in the audit trail."""

from libs.common.db.audit import AuditEntry
from libs.common.db.changes import deleted
from libs.common.security.principals import Principal
from services.catalog.intents.domain import Change, Requester


def requester_of(principal: Principal) -> Requester:
    """Return the account that requests a deletion, for the audit trail."""
    return Requester(
        principal.account_id,
        principal.username,
        principal.client_address,
        principal.via,
        principal.api_key_id,
    )


def audit_entry_of(change: Change, *, target: str) -> AuditEntry:
    """Return the audit entry of the completed deletion of an image or a tag."""
    requester = change.requester
    return AuditEntry(
        "image.delete",
        target,
        requester.account_id,
        requester.account,
        requester.client_address,
        via=requester.via,
        api_key_id=requester.api_key_id,
        changes=deleted(digest=change.digest),
    )
