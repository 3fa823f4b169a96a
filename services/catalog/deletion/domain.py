"""Who requested a deletion."""

from libs.common.security.principals import Principal
from services.catalog.intents.domain import Requester


def requester_of(principal: Principal) -> Requester:
    """Return the account that requests a deletion, for the audit trail."""
    return Requester(principal.account_id, principal.username, principal.client_address)
