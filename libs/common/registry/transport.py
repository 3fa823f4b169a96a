"""Authenticated HTTP requests to Distribution, with a limit on the response size."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import httpx

from libs.common.registry.errors import RegistryRefused, RegistryUnavailable
from libs.common.registry.tokens import Access, RegistryTokens
from libs.common.trace import HEADER as TRACE_HEADER
from libs.common.trace import traceparent

# Distribution walks its whole storage for each page of its catalog.
_LIST_TIMEOUT = httpx.Timeout(300.0, connect=2.0)
_ACCEPT = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
        "*/*;q=0.1",
    )
)

# Distribution checks every blob of a manifest, which takes a while on remote storage.
_FORWARD_TIMEOUT = httpx.Timeout(60.0, connect=2.0)
_READS = ("GET", "HEAD")
_UNDECIDED = (401, 403, 408, 429)


Check = Callable[[], Awaitable[None]]
"""Raises RegistryUnavailable if a request must not be sent any more."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response with the expected status."""

    headers: httpx.Headers
    content: bytes

    @property
    def next(self) -> str | None:
        """The path of the next page of a list, or None on the last page."""
        link = httpx.Response(200, headers=self.headers).links.get("next", {}).get("url")
        return httpx.URL(link).raw_path.decode() if link else None


class Transport:
    """Sends requests to Distribution, each with a token of its own."""

    def __init__(self, http: httpx.AsyncClient, tokens: RegistryTokens) -> None:
        self._http = http
        self._tokens = tokens

    async def request(
        self,
        method: str,
        path: str,
        *,
        access: Access,
        limit: int | None,
        status: int = 200,
        content: bytes | None = None,
        media_type: str | None = None,
        check: Check | None = None,
    ) -> Answer | None:
        """Send a request with a token for ``access`` and return the response.

        ``content`` is the body of the request, and ``media_type`` its type.

        The token of a request that changes something expires after ``WRITE_SECONDS``. ``check`` is
        called between the signature and the request. So a process that is stopped after the check
        sends a token that has expired.

        Returns None if the status is 404, or if the response is larger than ``limit`` bytes.
        ``limit`` is None for a page of a list, which has a longer timeout.

        Raises:
            RegistryRefused: the status is neither ``status`` nor 404.
            RegistryUnavailable: the registry did not answer.
        """
        token = self._tokens.sign(access, expires_soon=method not in _READS)
        headers = {"Authorization": f"Bearer {token}", "Accept": _ACCEPT}
        if media_type is not None:
            headers["Content-Type"] = media_type
        if check is not None:
            await check()
        try:
            async with self._stream(method, path, headers, content, limit) as response:
                if response.status_code == 404:
                    return None
                if response.status_code != status:
                    raise RegistryRefused(f"{method} {path}", response.status_code)
                received = await _read(response, limit)
                return None if received is None else Answer(response.headers, received)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise RegistryUnavailable(f"{method} {path}: {type(error).__name__}") from error

    async def forward(
        self,
        method: str,
        path: str,
        *,
        access: Access,
        subject: str,
        content: bytes,
        media_type: str,
    ) -> httpx.Response:
        """Send a request in the name of ``subject``; return any response that says the outcome.

        Raises:
            RegistryUnavailable: the outcome is unknown. The registry did not answer, it failed, or
                it did not accept the token.
        """
        headers = {
            "Authorization": f"Bearer {self._tokens.sign(access, subject=subject)}",
            "Content-Type": media_type,
        }
        try:
            response = await self._http.request(
                method, path, headers=headers, content=content, timeout=_FORWARD_TIMEOUT
            )
        except httpx.HTTPError as error:
            raise RegistryUnavailable(f"{method} {path}: {type(error).__name__}") from error
        if response.status_code in _UNDECIDED or response.status_code >= 500:
            raise RegistryRefused(f"{method} {path}", response.status_code)
        return response

    def _stream(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        content: bytes | None,
        limit: int | None,
    ) -> AbstractAsyncContextManager[httpx.Response]:
        timeout = self._http.timeout if limit is not None else _LIST_TIMEOUT
        trace = traceparent.get()
        if trace is not None:
            headers = {**headers, TRACE_HEADER: trace}
        return self._http.stream(
            method, path, headers=headers, content=content, follow_redirects=True, timeout=timeout
        )


async def _read(response: httpx.Response, limit: int | None) -> bytes | None:
    """Return the body, or None if it is larger than ``limit`` bytes."""
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if limit is not None and len(content) > limit:
            return None
    return bytes(content)
