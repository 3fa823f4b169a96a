"""Work that must end, whatever is killed in between."""

from dataclasses import dataclass
from typing import Literal

from libs.common.db.audit import AuditEntry

Kind = Literal["namespace", "repository"]
_PLURAL = {"namespace": "namespaces", "repository": "repositories"}


@dataclass(frozen=True, slots=True)
class Deletion:
    """A repository or namespace that is deleted. ``removed``: it is gone, and only its name is still kept (spec 2.9)."""

    id: int
    kind: Kind
    name: str
    removed: bool
    failures: int
    account_id: int | None
    account: str | None
    client_address: str | None

    def ended(self) -> AuditEntry:
        """What the audit trail says when all of it is gone, in the name of who asked for it."""
        return AuditEntry(
            f"{self.kind}.deleted", self._target, self.account_id, self.account, self.client_address
        )

    def taken_back(self) -> AuditEntry:
        """What it says when the operator keeps what was to be deleted."""
        return AuditEntry(f"{self.kind}.kept", self._target, None, None, None)

    @property
    def _target(self) -> str:
        return f"{_PLURAL[self.kind]}/{self.name}"
