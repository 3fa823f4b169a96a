"""The entries of the audit trail, as ``/audit`` lists them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One change, or one refused login.

    ``action`` is ``noun.verb``, and ``target`` is the object's path below ``/api/v1/``. ``account``
    is None if no account was signed in, or if the operator acted from the command line.
    """

    at: datetime
    account: str | None
    action: str
    target: str
    client_address: str | None
