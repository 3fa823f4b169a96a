"""A login attempt, and how it fails."""

from dataclasses import dataclass

from libs.common.registry.names import is_username
from libs.common.security.sources import source_of
from libs.common.web.errors import MoorageError, TooManyRequests
from services.auth.credentials.domain import Kind

CACHE_SECONDS = 600
"""How long a right password is cached, so that it is not hashed again."""
CACHE_SIZE = 20_000
MAX_WAITING_PER_SOURCE = 64
"""How many passwords of one source can wait to be hashed; further logins are refused."""
MAX_WAITING = 1024
BUSY_RETRY_SECONDS = 2
"""When a login that was refused for this reason can be tried again."""


class LoginRefused(MoorageError):
    """The user is unknown or disabled, or the password is wrong; the error does not say which.

    Otherwise a caller could find out which users exist (spec 3).
    """

    status, code = 401, "login_refused"
    title = "The username or password is wrong, or the user is disabled; check the credentials"


class LoginThrottled(TooManyRequests):
    """Too many logins from this address have failed, of this user or of all users."""

    code, title = "login_throttled", "Too many failed logins; try again later"


class LoginsBusy(TooManyRequests):
    """Too many passwords wait to be checked."""

    code, title = "logins_busy", "Too many logins at once; try again in a moment"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A login with a password from a client address.

    ``refused_as`` is the action in the audit trail if the login is refused.
    """

    kind: Kind
    username: str
    password: str
    client_address: str
    refused_as: str = "login.refuse"

    @property
    def source(self) -> str:
        """The client's source, by which the throttle counts."""
        return source_of(self.client_address)

    @property
    def loggable_username(self) -> str:
        """The user name, or "" if it is not a valid one.

        An invalid name may be a password typed into the wrong field and must not be stored.
        """
        return self.username if is_username(self.username) else ""
