"""Which writes to the registry the gate refuses."""

from dataclasses import dataclass
from enum import StrEnum

LOW_DISK_RETRY_SECONDS = 30
_WRITES_BYTES = frozenset({"POST", "PATCH", "PUT"})


class Reason(StrEnum):
    """Why a write is refused. The gateway chooses its message by this value."""

    LOW_DISK = "low-disk"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused write. The client can retry it after ``seconds``."""

    seconds: int
    reason: Reason


def refuse_for_disk(method: str) -> Refusal | None:
    """Return the refusal of a write while a disk is nearly full, or None for a deletion."""
    return Refusal(LOW_DISK_RETRY_SECONDS, Reason.LOW_DISK) if method in _WRITES_BYTES else None
