"""The deletion of a repository or a namespace, which outlives its request."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from libs.common.db.audit import COMMAND_LINE, AuditEntry

EMPTYING_SECONDS = 50.0
"""How long the worker empties a name before it frees it. The next try goes on with what is left."""
EMPTYING_LEASE = timedelta(seconds=60)
"""How long nothing can be restored to the name since the worker began to empty it."""
Kind = Literal["namespace", "repository"]
_PLURAL = {"namespace": "namespaces", "repository": "repositories"}


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many deletions are in which state.

    The objects of ``waiting`` ones are not removed yet; the oldest waits for ``oldest_seconds``.
    The names of ``reserved`` ones are not free yet. ``suspended`` ones wait for the operator.
    """

    waiting: int
    reserved: int
    suspended: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class Deletion:
    """The deletion of a repository or a namespace.

    If ``removed`` is true, the object is gone and only its name is still reserved (spec 2.9).
    """

    id: int
    kind: Kind
    name: str
    removed: bool
    failures: int
    account_id: int | None
    account: str | None
    client_address: str | None

    def audit_entry(self) -> AuditEntry:
        """Return the audit entry of the completed removal, in the name of the requester."""
        return AuditEntry(
            f"{self.kind}.deleted", self._target, self.account_id, self.account, self.client_address
        )

    def audit_entry_of_drop(self) -> AuditEntry:
        """Return the audit entry of an operator that drops the deletion and keeps the object."""
        return AuditEntry(f"{self.kind}.kept", self._target, None, None, None, via=COMMAND_LINE)

    @property
    def _target(self) -> str:
        return f"{_PLURAL[self.kind]}/{self.name}"
