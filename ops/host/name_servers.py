"""The DNS servers of this machine or container."""

import ipaddress
from pathlib import Path

from ops.errors import OpsError

RESOLV_CONF = Path("/etc/resolv.conf")


def name_servers() -> str:
    """Return the DNS servers, as nginx's directive `resolver` takes them.

    Raises:
        OpsError: There is none.
    """
    named = [
        words[1]
        for words in (line.split() for line in RESOLV_CONF.read_text().splitlines())
        if len(words) > 1 and words[0] == "nameserver"
    ]
    if not named:
        raise OpsError(f"{RESOLV_CONF} names no DNS server")
    return " ".join(map(_quoted, named))


def _quoted(address: str) -> str:
    # A link-local address ends with a zone, such as %eth0, which nginx does not read.
    parsed = ipaddress.ip_address(address.partition("%")[0])
    return f"[{parsed}]" if parsed.version == 6 else str(parsed)
