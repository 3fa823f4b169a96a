"""Reserved ports."""

import socket

from ops.host import ports


def test_a_child_can_listen_on_a_reserved_port() -> None:
    with ports.reserve() as port, socket.socket() as child:
        with socket.socket() as client:
            assert client.connect_ex(("127.0.0.1", port.number)) != 0
        child.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        child.bind(("127.0.0.1", port.number))
        child.listen()
        with socket.socket() as client:
            assert client.connect_ex(("127.0.0.1", port.number)) == 0


def test_two_reservations_differ_and_are_below_the_ephemeral_range() -> None:
    reserved = [ports.reserve() for _ in range(50)]
    numbers = {port.number for port in reserved}
    for port in reserved:
        port.release()
    assert len(numbers) == 50
    assert max(numbers) < 32768
