"""Registry tokens that the services sign for their own calls to Distribution."""

import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from libs.common.security.keys import SigningKeys

CATALOG_SUBJECT = "moorage:catalog"
"""``sub`` of the catalog's tokens.

No Docker user can have this name, and its requests do not count as pulls.
"""

EVENTS_SUBJECT = "moorage:events"
"""``sub`` of the tokens of the events service, likewise."""

Access = Sequence[Mapping[str, Any]]
"""The ``access`` claim of the Docker token specification."""

LIST_REPOSITORIES: Access = ({"type": "registry", "name": "catalog", "actions": ["*"]},)

WRITE_SECONDS = 8
"""How long the registry accepts a request that changes something after its token was signed.

The lease of an intent is longer. So when the lease has ended, a request that was held up on its way
changes nothing any more.
"""
_TOKEN_SECONDS = 300
_LEEWAY_SECONDS = 60
"""How long Distribution accepts a token after ``exp``."""
_CLOCK_SKEW_SECONDS = 5


def repository_access(repository: str, *actions: str) -> Access:
    """Return the access claim that allows ``actions`` on ``repository``."""
    return ({"type": "repository", "name": repository, "actions": list(actions)},)


class RegistryTokens:
    """Signs tokens of ``subject`` with the newest key of the directory ``keys``.

    The constructor raises ValueError if there is no key.
    """

    def __init__(self, *, keys: Path, service: str, issuer: str, subject: str) -> None:
        self._keys = SigningKeys(keys)
        self._service = service
        self._issuer = issuer
        self._subject = subject

    def sign(
        self, access: Access, *, subject: str | None = None, expires_soon: bool = False
    ) -> str:
        """Return a token with ``access`` that is valid for five minutes.

        ``subject`` is the Docker user in whose name the registry is called, instead of the service.
        If ``expires_soon`` is true, Distribution accepts the token for ``WRITE_SECONDS``.
        """
        seconds = WRITE_SECONDS - _LEEWAY_SECONDS if expires_soon else _TOKEN_SECONDS
        now = int(time.time())
        claims = {
            "iss": self._issuer,
            "sub": self._subject if subject is None else subject,
            "aud": self._service,
            "iat": now,
            "nbf": now - _CLOCK_SKEW_SECONDS,
            "exp": now + seconds,
            "jti": uuid.uuid4().hex,
            "access": list(access),
        }
        return self._keys.newest().sign(claims)
