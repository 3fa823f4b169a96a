"""Free TCP ports on 127.0.0.1, for connections within one installation."""

import random
import socket
from types import TracebackType
from typing import Self

# Below Linux's ephemeral range, which starts at 32768: no outgoing connection takes such a port
# while a child restarts.
_FIRST = 20000
_LAST = 32000


class ReservedPort:
    """A port that no other installation takes before `release`.

    Its socket is bound and never listens. Every server of an installation sets SO_REUSEADDR, so it
    can bind the port too. `reserve` of another installation finds the port in use.
    """

    def __init__(self, reservation: socket.socket) -> None:
        self._reservation = reservation
        self.number: int = reservation.getsockname()[1]

    @property
    def address(self) -> str:
        """The address as `host:port`."""
        return f"127.0.0.1:{self.number}"

    def release(self) -> None:
        """Let others take the port."""
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
    """Reserve a free port other than `avoid`.

    Raises:
        OSError: Every port of the range is in use.
    """
    candidates = [number for number in range(_FIRST, _LAST) if number != avoid]
    # Random, so that two starts at the same time do not compete for the same ports.
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
