"""Free TCP ports on 127.0.0.1 for what talks only inside one installation."""

import random
import socket
from types import TracebackType
from typing import Self

# Below Linux's ephemeral range (32768 on), so that no outgoing connection takes one of them between two starts.
_FIRST = 20000
_LAST = 32000


class ReservedPort:
    """A port that is ours until `release`.

    The reserving socket is bound and never listens. With SO_REUSEADDR, which every server here sets, the child can bind
    the port as well, while another installation that looks for a free one finds it taken.
    """

    def __init__(self, reservation: socket.socket) -> None:
        self._reservation = reservation
        self.number: int = reservation.getsockname()[1]

    @property
    def address(self) -> str:
        """`host:port`."""
        return f"127.0.0.1:{self.number}"

    def release(self) -> None:
        self._reservation.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def reserve(*, avoid: int | None = None) -> ReservedPort:
    """Reserve a free port other than `avoid`; raises OSError when the whole range is taken."""
    candidates = [number for number in range(_FIRST, _LAST) if number != avoid]
    # Not for secrecy: two starts at once should not try the same ports in the same order.
    for number in random.sample(candidates, len(candidates)):
        reservation = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            reservation.bind(("127.0.0.1", number))
        except OSError:
            reservation.close()
            continue
        reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return ReservedPort(reservation)
    raise OSError(f"no free port between {_FIRST} and {_LAST} on 127.0.0.1")
