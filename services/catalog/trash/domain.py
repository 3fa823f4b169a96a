"""The trash: deleted objects that can be restored for a while (spec 7, "Undelete").

An entry is one deletion: of a tag, of an image with all its tags, of a repository, or of a
namespace with its grants.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from libs.common.security.principals import Principal
from libs.common.web.errors import Conflict, NotFound

MAX_TRASH_DAYS = 30
"""The pulls of a deleted repository are deleted later (``services.events.retention``)."""
_RETRY_SECONDS = 2
_SHOWN_NAMES = 20


class Kind(StrEnum):
    """What an entry restores."""

    TAG = "tag"
    MANIFEST = "manifest"
    REPOSITORY = "repository"
    NAMESPACE = "namespace"


Status = Literal["deleting", "deleted", "restoring"]


class EntryNotFound(NotFound):
    """The trash has no such entry, or the principal cannot see it."""

    def __init__(self) -> None:
        super().__init__("The trash has no such entry. It may have been restored, or have expired.")


class EntryBusy(Conflict):
    """The deletion of the entry is not finished, or another request restores it."""

    code = "trash_busy"
    title = "The deletion or another restore of it is not finished; try again in a moment"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"The deletion or another restore of {path} is not finished. Try again in a moment.",
            headers={"Retry-After": str(_RETRY_SECONDS)},
        )


class NameTaken(Conflict):
    """A name was taken after the deletion. ``taken`` lists the tags or paths."""

    code = "name_taken"
    title = "The name was taken after the deletion; choose another tag, or delete what has the name"

    def __init__(self, kind: Kind, taken: list[str]) -> None:
        named = _enumerate(taken)
        advice = (
            "Choose another one with `tag`, or delete what has the name."
            if kind in (Kind.TAG, Kind.MANIFEST)
            else "Delete it first: a restore replaces nothing."
        )
        super().__init__(f"{named} exists again. {advice}", extra={"taken": taken})


class ParentMissing(Conflict):
    """The repository or namespace that had the deleted object does not exist."""

    code = "parent_missing"
    title = "The repository or namespace does not exist; restore or create it first"

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} does not exist any more. Restore or create it first.")


class ContentMissing(Conflict):
    """Something that the object needs was deleted too. ``missing`` lists the digests."""

    code = "content_missing"
    title = "A part of the image was deleted separately; restore it first"

    def __init__(self, path: str, missing: list[str]) -> None:
        super().__init__(
            f"{path} needs {_enumerate(missing)}, which was deleted separately. Restore it first, "
            "if the trash has it.",
            extra={"missing": missing},
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """A deletion that can be restored until ``expires_at``.

    ``path`` names the object as in the paths of the API. ``repository`` is the path of its
    repository, or None for a namespace. ``account`` owns the object, and ``deleted_by`` requested
    the deletion, ``via`` a session or an API key, or ``docker_user`` did with a Docker client.
    ``tags`` are some of its tags.
    """

    id: int
    kind: Kind
    path: str
    namespace: str
    repository: str | None
    digest: str | None
    owner_id: int
    account: str
    deleted_by: str | None
    docker_user: str | None
    via: str | None
    client_address: str | None
    deleted_at: datetime
    expires_at: datetime
    size_bytes: int
    repository_count: int
    tag_count: int
    tags: tuple[str, ...]
    status: Status

    @property
    def target(self) -> str:
        """The object's path below ``/api/v1/``, for the audit trail."""
        if self.kind is Kind.NAMESPACE:
            return f"namespaces/{self.path}"
        if self.kind is Kind.REPOSITORY:
            return f"repositories/{self.path}"
        return f"images/{self.path}"


@dataclass(frozen=True, slots=True)
class EntryOwner:
    """A principal with an entry that it can restore and end.

    Raises:
        EntryNotFound: the principal cannot change it. The error does not reveal its existence.
    """

    principal: Principal
    entry: Entry

    def __post_init__(self) -> None:
        if not self.principal.owns(self.entry.owner_id):
            raise EntryNotFound


def lifetime(days: int) -> timedelta | None:
    """Return how long an entry can be restored, or None if the trash is off."""
    return timedelta(days=days) if days else None


def _enumerate(names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN_NAMES])
    rest = len(names) - _SHOWN_NAMES
    return f"{shown} and {rest} more" if rest > 0 else shown
