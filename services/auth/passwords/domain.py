"""What a login is, and how it fails."""

import ipaddress
from dataclasses import dataclass

from libs.common.web.errors import MoorageError, TooManyRequests
from services.auth.credentials.domain import Kind


class LoginRefused(MoorageError):
    """Unknown user, wrong password or disabled: the caller cannot tell which (spec 3)."""

    status, code, title = 401, "login_refused", "The user name or password is not right"


class LoginThrottled(TooManyRequests):
    """Too many failed logins of this user from this address."""

    code, title = "login_throttled", "Too many failed logins; try again later"


class LoginsBusy(TooManyRequests):
    """More logins wait for their password to be checked than are allowed to."""

    code, title = "logins_busy", "Too many logins at once; try again in a moment"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A login with a password: of whom, and from which client address."""

    kind: Kind
    username: str
    password: str
    client_address: str

    @property
    def source(self) -> str:
        """What is throttled together: an IPv4 address, or the /64 network that an IPv6 host can choose addresses from."""
        try:
            address = ipaddress.ip_address(self.client_address)
        except ValueError:
            return self.client_address[:64]
        if isinstance(address, ipaddress.IPv6Address):
            return str(ipaddress.IPv6Network((address, 64), strict=False))
        return str(address)
