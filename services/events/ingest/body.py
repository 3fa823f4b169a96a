"""The body of a delivery, read in bounded memory whatever its length."""

import asyncio
import hashlib
from dataclasses import dataclass

from starlette.types import Receive

from services.events.ingest.domain import MAX_ENVELOPE

KEPT_OF_TOO_LARGE = 64 * 1024
_MOST_READ = 64 * 1024 * 1024
_READ_SECONDS = 30.0


class Disconnected(Exception):
    """The sender went away, or took too long, before the body was complete."""


@dataclass(frozen=True, slots=True)
class Body:
    """``content`` is all of it, or of one that is too large its beginning; ``digest`` is the SHA-256 of all that was read.

    ``complete`` is False when the rest was not even read.
    """

    content: bytes
    size: int
    digest: bytes
    complete: bool

    @property
    def too_large(self) -> bool:
        """Whether it is over 4 MiB."""
        return self.size > MAX_ENVELOPE


async def read(receive: Receive) -> Body:
    """Read a request's body, holding at most 4 MiB of it. Raises Disconnected."""
    kept, size, digest, more = bytearray(), 0, hashlib.sha256(), True
    try:
        async with asyncio.timeout(_READ_SECONDS):
            while more and size <= _MOST_READ:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Disconnected
                chunk, more = message.get("body", b""), message.get("more_body", False)
                size += len(chunk)
                digest.update(chunk)
                if size <= MAX_ENVELOPE:
                    kept += chunk
                else:
                    kept += chunk[: max(0, KEPT_OF_TOO_LARGE - len(kept))]
                    del kept[KEPT_OF_TOO_LARGE:]
    except TimeoutError:
        raise Disconnected from None
    return Body(bytes(kept), size, digest.digest(), complete=not more)
