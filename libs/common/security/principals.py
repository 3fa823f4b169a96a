"""Who is calling the JSON API: an account, through a session or an API key."""

import uuid
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Principal:
    """An account that is signed in, and from where.

    ``kind`` is by what, a session or an API key, and ``id`` names that; ``permission`` of a session is `write`. ``role`` is as it is
    now, not as in the token.
    """

    kind: Literal["session", "api_key"]
    id: uuid.UUID
    account_id: int
    username: str
    role: str
    permission: Literal["read", "write"]
    client_address: str

    @property
    def is_admin(self) -> bool:
        """Whether it may see and manage every account's objects."""
        return self.role == "admin"

    def owns(self, account_id: int) -> bool:
        """Whether it may change what belongs to the account ``account_id``: its own, or anyone's as an administrator."""
        return self.is_admin or self.account_id == account_id
