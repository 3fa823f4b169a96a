"""The entries of the audit trail, as ``/audit`` lists them, and their filters."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from libs.common.db.changes import Changes
from libs.common.web.errors import Invalid


@dataclass(frozen=True, slots=True)
class Entry:
    """One change, one push, or refused credentials.

    ``action`` is ``noun.verb``, and ``target`` is the object's path below ``/api/v1/``. ``account``
    is None if no account was signed in, if a Docker user pushed or deleted, or if the operator
    acted from the command line. ``owner`` is the account that owns the object. The other fields are
    those of ``libs.common.db.audit.AuditEntry``.
    """

    at: datetime
    account: str | None
    owner: str | None
    docker_user: str | None
    via: str | None
    api_key_id: uuid.UUID | None
    action: str
    target: str
    changes: Changes
    occurrences: int
    client_address: str | None


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Conditions on entries; None means any.

    ``action`` is a whole action or its noun. ``target`` matches an object and everything below it.
    Entries are at ``start`` or later, and before ``end``.

    Raises:
        Invalid: ``end`` is not later than ``start``.
    """

    action: str | None
    target: str | None
    start: datetime | None
    end: datetime | None

    def __post_init__(self) -> None:
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise Invalid("to", "must be later than `from`")
