"""Finds processes that hang: they run, but do not answer requests."""

import asyncio
import ssl
import time
from dataclasses import dataclass

CHECK_SECONDS = 5.0
"""Pause between two checks of a process."""
ANSWER_SECONDS = 3.0
"""A process must answer a check within this time."""
MOST_FAILURES = 3
"""After this many failed checks in a row, the process is killed."""
START_SECONDS = 180.0
"""A process that has not answered yet can take this long to start.

On a machine with ten times as much work as processors, a service needs more than a minute. To kill
it then would start it again and again.
"""
_START_CHECK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """A request that a process answers while it works, with any status."""

    port: int
    path: str = "/healthz"
    tls: bool = False


class Watch:
    """Counts the failed checks of one process."""

    def __init__(self, check: HealthCheck) -> None:
        self._check = check
        self._started_at = time.monotonic()
        self._has_answered = False
        self._failures = 0

    @property
    def pause(self) -> float:
        """The seconds until the next check. While the process starts, checks are frequent."""
        return CHECK_SECONDS if self._has_answered else _START_CHECK_SECONDS

    async def hangs(self) -> bool:
        """Check once. Return whether the process must be killed."""
        if await answers(self._check):
            self._has_answered, self._failures = True, 0
            return False
        if self._has_answered or time.monotonic() - self._started_at > START_SECONDS:
            self._failures += 1
        return self._failures >= MOST_FAILURES


async def answers(check: HealthCheck) -> bool:
    """Return whether the process on 127.0.0.1 reacts in time.

    Any status is a reaction, and so is a closed connection: a gateway without a free connection
    closes new ones, and its death would cut off everyone. A process that hangs does neither.
    """
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", check.port, ssl=_unverified() if check.tls else None
            )
            try:
                writer.write(
                    f"GET {check.path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                    "User-Agent: moorage\r\n\r\n".encode()
                )
                await reader.readline()
                return True
            finally:
                writer.close()
    except (TimeoutError, ConnectionRefusedError):
        return False
    except (OSError, ValueError):
        return True


def _unverified() -> ssl.SSLContext:
    """The certificate is for its host names, not for the loopback address of this request."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
