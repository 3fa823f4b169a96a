"""One line of the audit trail."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """Who did what to what, and from where; ``account`` None: nobody who is known."""

    at: datetime
    account: str | None
    action: str
    target: str
    client_address: str | None
