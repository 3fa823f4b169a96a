"""Which client addresses count as one source, for limits of what strangers can do."""

import ipaddress


def source_of(client_address: str) -> str:
    """Return the client's IPv4 address, or its IPv6 /64 network.

    An IPv6 host can choose any address of its /64 network. An IPv4-mapped IPv6 address
    (``::ffff:192.0.2.1``) is an IPv4 address: otherwise all IPv4 clients would be one source,
    because the mapped addresses are in one network.
    """
    try:
        address = ipaddress.ip_address(client_address)
    except ValueError:
        return client_address[:64]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.IPv6Network((address, 64), strict=False))
    return str(address)
