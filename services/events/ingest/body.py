"""Reads the body of a delivery in bounded memory, however long it is."""

import asyncio
import hashlib
from dataclasses import dataclass

from starlette.types import Receive

from services.events.ingest.domain import MAX_ENVELOPE_BYTES

_KEPT_OF_TOO_LARGE_BYTES = 64 * 1024
_MAX_READ_BYTES = 64 * 1024 * 1024
_READ_SECONDS = 30.0


class IncompleteBody(Exception):
    """The sender disconnected, or took too long, before the body was complete."""


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a request: ``size`` bytes were read, with the SHA-256 ``digest``.

    ``content`` is the whole body, or the first 64 KiB of a body that is too large. ``complete`` is
    False if the end of the body was not read.
    """

    content: bytes
    size: int
    digest: bytes
    complete: bool

    @property
    def too_large(self) -> bool:
        """Whether the body is larger than an envelope may be (4 MiB)."""
        return self.size > MAX_ENVELOPE_BYTES


async def read(receive: Receive) -> Body:
    """Read the body of a request. At most 4 MiB of it are in memory at once.

    A body that is too large is read on, up to 64 MiB, for its size and digest. Raises
    IncompleteBody.
    """
    kept, size, digest, more = bytearray(), 0, hashlib.sha256(), True
    try:
        async with asyncio.timeout(_READ_SECONDS):
            while more and size <= _MAX_READ_BYTES:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise IncompleteBody
                chunk, more = message.get("body", b""), message.get("more_body", False)
                size += len(chunk)
                digest.update(chunk)
                if size <= MAX_ENVELOPE_BYTES:
                    kept += chunk
                else:
                    kept += chunk[: max(0, _KEPT_OF_TOO_LARGE_BYTES - len(kept))]
                    del kept[_KEPT_OF_TOO_LARGE_BYTES:]
    except TimeoutError:
        raise IncompleteBody from None
    return Body(bytes(kept), size, digest.digest(), complete=not more)
