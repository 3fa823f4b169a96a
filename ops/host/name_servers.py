"""The DNS servers of this machine or container."""

import ipaddress
from pathlib import Path

RESOLV_CONF = Path("/etc/resolv.conf")


def name_servers() -> list[str]:
    """Return the DNS servers, each as nginx's directive `resolver` takes it."""
    if not RESOLV_CONF.is_file():
        return []
    lines = (line.split() for line in RESOLV_CONF.read_text(errors="replace").splitlines())
    named = [words[1] for words in lines if len(words) > 1 and words[0] == "nameserver"]
    return [quoted for address in named if (quoted := _quoted(address))]


def _quoted(address: str) -> str | None:
    # A link-local address ends with a zone, such as %eth0, which nginx does not read.
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return f"[{parsed}]" if parsed.version == 6 else str(parsed)
