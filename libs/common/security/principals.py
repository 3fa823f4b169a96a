"""The caller of the JSON API: an account, authenticated by a session or an API key."""

import uuid
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated account and the address of its client.

    ``id`` is the id of the session or API key. A session always has the permission ``write``.
    ``role`` is the current role in the database, not the role at sign-in. ``key_name`` is the name
    of the API key, and None for a session.
    """

    kind: Literal["session", "api_key"]
    id: uuid.UUID
    account_id: int
    username: str
    role: str
    permission: Literal["read", "write"]
    client_address: str
    key_name: str | None = None

    @property
    def via(self) -> str:
        """``session``, or the name of the API key, for the audit trail."""
        return self.key_name or "session"

    @property
    def api_key_id(self) -> uuid.UUID | None:
        """The id of the API key, or None for a session."""
        return self.id if self.kind == "api_key" else None

    @property
    def is_admin(self) -> bool:
        """Whether the account can see and manage the objects of every account."""
        return self.role == "admin"

    def owns(self, account_id: int) -> bool:
        """Return whether the caller can change objects of the account ``account_id``.

        An account can change its own objects, an administrator those of every account.
        """
        return self.is_admin or self.account_id == account_id
