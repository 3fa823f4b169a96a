"""Reserved names: a deleted object's name stays taken until all tokens that name it have expired.

Otherwise a token for the deleted object would open a new object of the same name (spec 2.9).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from libs.common.web.errors import Conflict

Kind = Literal["namespace", "repository", "docker_user"]

RESERVATION_AGE = timedelta(days=30)
"""A reservation is deleted so long after it has expired.

Events of the deleted object can arrive late, and pulls are kept as long
(``services.events.retention``).
"""
_DELETION_RETRY = timedelta(seconds=2)
"""Delay that a client is asked for while a deletion runs, which takes an unknown time."""


class NameReserved(Conflict):
    """The name belonged to a deleted object; ``available_at`` says when it can be taken again."""

    code = "name_reserved"
    title = (
        "The name is reserved after a deletion; wait until `available_at`, or choose another one"
    )

    def __init__(self, name: str, *, available_at: datetime, now: datetime) -> None:
        at = available_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        seconds = max(1, -int((now - available_at).total_seconds() // 1))
        super().__init__(
            f"The name {name!r} belonged to a deleted object and is reserved until {at}. Wait "
            "until then, or choose another name.",
            headers={"Retry-After": str(seconds)},
            extra={"available_at": at},
        )


@dataclass(frozen=True, slots=True)
class NameStatus:
    """The obstacles to taking a name, at the time ``now`` of the database.

    ``reserved_until`` is None if the name was never reserved. ``is_deleting`` holds until the
    registry confirms that nothing is left of the deleted object.
    """

    now: datetime
    reserved_until: datetime | None
    is_deleting: bool

    def check_available(self, name: str) -> None:
        """Raise NameReserved unless ``name`` can be taken now."""
        if self.reserved_until is not None and self.reserved_until > self.now:
            raise NameReserved(name, available_at=self.reserved_until, now=self.now)
        if self.is_deleting:
            raise NameReserved(name, available_at=self.now + _DELETION_RETRY, now=self.now)
