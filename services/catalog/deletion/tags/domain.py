"""The deletion of a tag, and the concurrent pushes that it must not delete."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from libs.common.db.audit import AuditEntry
from libs.common.db.changes import deleted
from libs.common.security.principals import Principal
from libs.common.web.errors import Unavailable


class CatalogBehind(Unavailable):
    """The catalog has not applied all pushes to the repository."""

    code = "catalog_behind"
    title = "The catalog has not applied the last pushes yet; try again in a moment"


class WritesPaused(Unavailable):
    """Garbage collection pauses writes, and this registry deletes a tag by writing a manifest."""

    code, title = "writes_paused", "Garbage collection pauses all writes; try again in a moment"


@dataclass(frozen=True, slots=True)
class KnownTag:
    """A tag as the catalog has it. ``pushed_at`` is a time of the registry's clock."""

    digest: str
    pushed_at: datetime


@dataclass(frozen=True, slots=True)
class TagPush:
    """A push of a tag, from its event. ``at`` is a time of the registry's clock."""

    digest: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class TagDeletion:
    """The deletion of a tag that named ``digest`` since ``pushed_at``.

    ``placeholder`` is the digest of the manifest that the tag may name during the deletion.
    ``restored`` is the concurrent push that the deletion restores, if there is one.
    """

    id: int
    repository: str
    tag: str
    digest: str
    pushed_at: datetime
    placeholder: str
    started_at: datetime
    is_finished: bool
    restored: TagPush | None
    account_id: int | None
    account: str | None
    client_address: str | None

    def is_concurrent(self, push: TagPush) -> bool:
        """Return whether ``push`` is newer than the deleted one, so that it must remain."""
        if push.digest == self.placeholder:
            return False
        if push.digest == self.digest:
            return push.at >= self.started_at
        return push.at > self.pushed_at

    def find_push_to_restore(self, pushes: Iterable[TagPush]) -> TagPush | None:
        """Return the newest concurrent push, or None if a newer one is restored already."""
        concurrent = (push for push in pushes if self.is_concurrent(push))
        newest = max(concurrent, key=lambda push: push.at, default=None)
        if newest is None or (self.restored is not None and newest.at < self.restored.at):
            return None
        return newest

    def audit_entry(self, principal: Principal | None = None) -> AuditEntry:
        """Return the audit entry of the deletion, in the name of the requester.

        ``principal`` is the requester; None if the worker finishes the deletion after a crash.
        """
        return AuditEntry(
            "image.delete",
            f"images/{self.repository}:{self.tag}",
            self.account_id,
            self.account,
            self.client_address,
            via=principal.via if principal else None,
            api_key_id=principal.api_key_id if principal else None,
            changes=deleted(digest=self.digest),
        )
