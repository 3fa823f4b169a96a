"""Who deletes from a repository, and the entry in the audit trail."""

from dataclasses import dataclass
from typing import Self

from libs.common.db.audit import AuditEntry
from libs.common.db.changes import deleted
from libs.common.security.principals import Principal
from services.catalog.intents.domain import Change, Requester
from services.catalog.repositories.domain import Repository, RepositoryOwner


def requester_of(principal: Principal) -> Requester:
    """Return the account that requests a deletion, for the audit trail."""
    return Requester(
        principal.account_id,
        principal.username,
        principal.client_address,
        principal.via,
        principal.api_key_id,
    )


@dataclass(frozen=True, slots=True)
class DeletionActor:
    """Who can delete from ``repository``: its owner, or a Docker user with a token for it."""

    repository: Repository
    requester: Requester

    @classmethod
    def of_owner(cls, actor: RepositoryOwner) -> Self:
        """Return an account that can change the repository."""
        return cls(actor.repository, requester_of(actor.principal))


def audit_entry_of(
    change: Change, *, target: str, action: str = "image.delete", digest: str | None = None
) -> AuditEntry:
    """Return the audit entry of the completed deletion of an image, a tag, or a blob.

    ``digest`` is by default that of the change.
    """
    requester = change.requester
    return AuditEntry(
        action,
        target,
        requester.account_id,
        requester.account,
        requester.client_address,
        via=requester.via,
        api_key_id=requester.api_key_id,
        docker_user=requester.docker_user,
        changes=deleted(digest=digest or change.digest),
    )
