"""Deletions on S3 that the server refuses if they arrive late.

A deletion is a presigned URL, which the server accepts for a few seconds only. A process that is
stopped between a check and its deletion can therefore not delete when it goes on.
"""

import asyncio
import ssl
import time
from collections.abc import Sequence
from datetime import timedelta
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from pathlib import Path

import httpx
import obstore
import structlog
from obstore.store import S3Store

from libs.common.storage.store import StorageUnavailable

URL_SECONDS = 8
"""How long the server accepts a deletion, by its own clock. Also the time limit of a request."""
CLOCK_SECONDS = 3
"""How far the clocks of this machine and of the server may differ."""
EXPIRY_SECONDS = URL_SECONDS + CLOCK_SECONDS
"""After this time, the server refuses a deletion that was signed now."""
_CONCURRENT_REQUESTS = 32

_log = structlog.get_logger()


class Outcome(Enum):
    """What became of a deletion."""

    DELETED = auto()
    """The object is gone, or was missing before."""
    REFUSED = auto()
    """The server has refused the deletion, such as one whose time is over."""
    UNKNOWN = auto()
    """The request failed. The server may still have deleted the object."""


class SignedDeletions:
    """Signs deletions, and sends them once, without retries."""

    def __init__(self, store: S3Store, ca_file: Path | None = None) -> None:
        self._store = store
        limits = httpx.Limits(max_connections=_CONCURRENT_REQUESTS)
        verify = ssl.create_default_context()
        if ca_file is not None:
            verify.load_verify_locations(ca_file)
        self._client = httpx.AsyncClient(limits=limits, timeout=URL_SECONDS, verify=verify)
        self._requests = asyncio.Semaphore(_CONCURRENT_REQUESTS)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def sign(self, paths: Sequence[str]) -> list[str]:
        """Return a URL for each object. A DELETE of the URL deletes the object."""
        expiry = timedelta(seconds=URL_SECONDS)
        return list(await obstore.sign_async(self._store, "DELETE", paths, expiry))

    async def send(self, urls: Sequence[str]) -> list[Outcome]:
        """Send the deletions, and return the outcome of each."""
        return list(await asyncio.gather(*(self._send(url) for url in urls)))

    async def check_clock(self, path: str) -> None:
        """Compare the clocks of this machine and of the server. ``path`` is any object.

        The server judges by its clock whether the time of a deletion is over.

        Raises:
            StorageUnavailable: the server does not answer, or its clock differs too much.
        """
        url = await obstore.sign_async(self._store, "GET", path, timedelta(seconds=URL_SECONDS))
        before = time.time()
        try:
            async with asyncio.timeout(URL_SECONDS):
                answer = await self._client.get(url)
            date = parsedate_to_datetime(answer.headers.get("Date", "")).timestamp()
        except (httpx.HTTPError, TimeoutError) as error:
            raise StorageUnavailable(f"the storage failed: {_text(error)}") from error
        except ValueError as error:
            raise StorageUnavailable("the storage failed: it does not send its time") from error
        # The header has whole seconds.
        behind, ahead = before - (date + 1), date - time.time()
        if max(behind, ahead) > CLOCK_SECONDS:
            raise StorageUnavailable(
                f"the clocks of this machine and of S3 differ by {max(behind, ahead):.0f} s: "
                f"synchronize them to less than {CLOCK_SECONDS} s"
            )

    async def _send(self, url: str) -> Outcome:
        path = httpx.URL(url).path
        try:
            async with self._requests, asyncio.timeout(URL_SECONDS):
                status = (await self._client.delete(url)).status_code
        except (httpx.HTTPError, TimeoutError) as error:
            _log.warning("S3 has not answered a deletion", path=path, error=_text(error))
            return Outcome.UNKNOWN
        if status < 300 or status == 404:
            return Outcome.DELETED
        _log.warning("S3 has not deleted an object", path=path, status=status)
        return Outcome.REFUSED if 400 <= status < 500 else Outcome.UNKNOWN


def _text(error: Exception) -> str:
    return str(error) or type(error).__name__
