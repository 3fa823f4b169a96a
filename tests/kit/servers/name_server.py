"""A DNS server that resolves every name to the same addresses, or each to its own."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

_HEADER = struct.Struct(">HHHHHH")
_ANSWER = 0x8180
"""Flags of a response without an error (RFC 1035, section 4.1.1)."""
_POINTER_TO_THE_NAME = b"\xc0\x0c"
_TYPE_A, _CLASS_IN, _SECONDS = 1, 1, 1


@contextmanager
def running_name_server(addresses: Sequence[str] | Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Answer queries on a UDP port of 127.0.0.1, and yield host:port.

    ``addresses`` are those of every name, or by the first label of the name. They can change while
    the server runs.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=_serve, args=(listening, addresses))
        thread.start()
        port = listening.getsockname()[1]
        try:
            yield f"127.0.0.1:{port}"
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.sendto(b"", ("127.0.0.1", port))  # an empty datagram ends the thread
            thread.join()


def _serve(listening: socket.socket, by_name: Sequence[str] | Mapping[str, Sequence[str]]) -> None:
    while True:
        query, sender = listening.recvfrom(4096)
        if not query:
            return
        identity = _HEADER.unpack_from(query)[0]
        question = query[_HEADER.size : query.index(b"\0", _HEADER.size) + 5]
        label = query[_HEADER.size + 1 :][: query[_HEADER.size]].decode()
        addresses = by_name.get(label, ()) if isinstance(by_name, Mapping) else by_name
        record = _POINTER_TO_THE_NAME + struct.pack(">HHIH", _TYPE_A, _CLASS_IN, _SECONDS, 4)
        records = b"".join(record + socket.inet_aton(address) for address in addresses)
        head = _HEADER.pack(identity, _ANSWER, 1, len(addresses), 0, 0)
        listening.sendto(head + question + records, sender)
