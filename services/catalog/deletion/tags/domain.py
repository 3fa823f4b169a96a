"""A tag's deletion, and which pushes it must not take with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from libs.common.db.audit import AuditEntry
from libs.common.web.errors import Unavailable


@dataclass(frozen=True, slots=True)
class KnownTag:
    """A tag as the catalog has it: ``pushed_at`` is when the registry says that it was pushed."""

    digest: str
    pushed_at: datetime


@dataclass(frozen=True, slots=True)
class TagPush:
    """A push of a tag, as its event tells."""

    digest: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class TagDeletion:
    """The deletion of a tag that named ``digest``, pushed at ``pushed_at`` (the registry's clock); ``placeholder`` may take its place.

    ``restored`` is the push that came in between, if one did.
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

    def came_between(self, push: TagPush) -> bool:
        """Whether ``push`` was made after what is deleted, so that the deletion did not mean it."""
        if push.digest == self.placeholder:
            return False
        return (
            push.at >= self.started_at if push.digest == self.digest else push.at > self.pushed_at
        )

    def find_push_to_restore(self, pushes: Iterable[TagPush]) -> TagPush | None:
        """The newest of ``pushes`` that came in between, unless a newer one is put back already."""
        newest = max(
            (push for push in pushes if self.came_between(push)),
            key=lambda push: push.at,
            default=None,
        )
        if newest is None or (self.restored is not None and newest.at < self.restored.at):
            return None
        return newest

    def done(self) -> AuditEntry:
        """What the audit trail says, in the name of who asked for it."""
        return AuditEntry(
            "image.delete",
            f"images/{self.repository}:{self.tag}",
            self.account_id,
            self.account,
            self.client_address,
        )


class CatalogBehind(Unavailable):
    code = "catalog_behind"
    title = "The catalog has not applied the last pushes yet; try again in a moment"


class WritesPaused(Unavailable):
    """This registry deletes a tag by writing, which would be lost now. Tried again, it works."""

    code, title = "writes_paused", "Garbage collection pauses all writes; try again in a moment"
