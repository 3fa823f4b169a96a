"""A reserved port is the child's to bind and nobody else's."""

import socket

from ops.host import ports


def test_a_child_can_listen_on_it_and_another_installation_does_not_choose_it() -> None:
    with ports.reserve() as port, socket.socket() as child:
        with socket.socket() as other:
            assert other.connect_ex(("127.0.0.1", port.number)) != 0
        child.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        child.bind(("127.0.0.1", port.number))
        child.listen()
        with socket.create_connection(("127.0.0.1", port.number)), socket.socket() as rival:
            assert rival.connect_ex(("127.0.0.1", port.number)) == 0


def test_reservations_differ_and_are_below_the_ephemeral_range() -> None:
    taken = [ports.reserve() for _ in range(50)]
    numbers = {port.number for port in taken}
    for port in taken:
        port.release()
    assert len(numbers) == 50
    assert max(numbers) < 32768
