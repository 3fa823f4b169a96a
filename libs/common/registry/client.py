"""The client of Distribution's HTTP API (OCI distribution spec).

It authenticates with tokens that the service signs itself.
"""

import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx

from libs.common.registry.errors import RegistryRefused, RegistryUnavailable
from libs.common.registry.tokens import (
    LIST_REPOSITORIES,
    Access,
    RegistryTokens,
    repository_access,
)
from libs.common.registry.transport import Answer, Check, Transport

MAX_MANIFEST_BYTES = 4 * 1024 * 1024
_PAGE_SIZE = 1000  # the maximum that Distribution accepts

_NO_REPOSITORY = "x/none"
"""A repository that cannot exist, because a namespace has at least two characters."""
_UNSUPPORTED = (400, 405)
_LIMITS = httpx.Limits(max_connections=500, max_keepalive_connections=20)
"""More connections than the gateway allows one client address to have open requests
(MOORAGE_CONNECTIONS_PER_ADDRESS), so that calls that hang for one client delay no other."""
_DAMAGED = (400, 500)
"""The statuses for a deletion that meets a damaged tag or manifest in the storage."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A manifest in the registry."""

    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The registry's response to a forwarded request, for the client."""

    status: int
    headers: httpx.Headers
    content: bytes


class Registry:
    """The calls of Distribution's API that the services need.

    ``check`` of a deletion is called right before its request is sent. It raises an error if the
    intent of the deletion has ended.

    Raises:
        RegistryUnavailable: in every method, if the registry does not answer or refuses the call.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._deletes_tags: bool | None = None

    async def find_digest(self, repository: str, tag: str) -> str | None:
        """Return the digest that ``tag`` points to, or None if the tag does not exist."""
        answer = await self._send("HEAD", repository, f"manifests/{tag}", limit=0)
        return str(answer.headers["Docker-Content-Digest"]) if answer else None

    async def has_manifest(self, repository: str, digest: str) -> bool:
        """Return whether the repository has the manifest."""
        return await self._send("HEAD", repository, f"manifests/{digest}", limit=0) is not None

    async def find_manifest(self, repository: str, digest: str) -> Fetched | None:
        """Return the manifest, or None if the repository does not have it."""
        answer = await self._send(
            "GET", repository, f"manifests/{digest}", limit=MAX_MANIFEST_BYTES
        )
        if answer is None:
            return None
        return Fetched(
            answer.headers.get("Content-Type", "").partition(";")[0].strip(), answer.content
        )

    async def find_blob(self, repository: str, digest: str, *, limit: int) -> bytes | None:
        """Return a blob, or None if it does not exist or is larger than ``limit`` bytes."""
        answer = await self._send("GET", repository, f"blobs/{digest}", limit=limit)
        return answer.content if answer else None

    async def has_blob(self, repository: str, digest: str) -> bool:
        """Return whether the repository has the blob."""
        return await self._send("HEAD", repository, f"blobs/{digest}", limit=0) is not None

    async def find_blob_size(self, repository: str, digest: str) -> int | None:
        """Return the size of a blob in bytes, or None if the repository does not have it."""
        return _length(await self._send("HEAD", repository, f"blobs/{digest}", limit=0))

    async def find_manifest_size(self, repository: str, digest: str) -> int | None:
        """Return the size of a manifest in bytes, or None if the repository does not have it."""
        return _length(await self._send("HEAD", repository, f"manifests/{digest}", limit=0))

    async def delete_manifest(
        self, repository: str, digest: str, *, check: Check | None = None
    ) -> bool:
        """Delete a manifest with all its tags. Return False if it did not exist.

        A manifest whose link is damaged does not exist: nobody can read it, and the registry cannot
        delete it.
        """
        return await self._delete_damaged(
            repository, f"manifests/{digest}", self.has_manifest, check
        )

    async def delete_blob(
        self, repository: str, digest: str, *, check: Check | None = None
    ) -> bool:
        """Unlink a blob from the repository. Return False if it did not exist.

        Only the garbage collector frees its space. A blob whose link is damaged counts as missing.
        """
        return await self._delete_damaged(repository, f"blobs/{digest}", self.has_blob, check)

    async def cancel_upload(self, repository: str, upload: str, *, state: str) -> bool:
        """Cancel an upload. Return False if it does not exist.

        ``state`` is the parameter ``_state`` of the upload's address. Distribution signs it, and
        no upload exists under the address with another state.
        """
        query = urlencode({"_state": state})
        answer = await self._transport.request(
            "DELETE",
            f"/v2/{repository}/blobs/uploads/{quote(upload, safe='')}?{query}",
            access=repository_access(repository, "delete"),
            limit=MAX_MANIFEST_BYTES,
            status=204,
        )
        return answer is not None

    async def delete_tag(self, repository: str, tag: str, *, check: Check | None = None) -> bool:
        """Delete a tag but not its manifest. Return False if the registry cannot do this."""
        try:
            await self._delete(f"{repository}/manifests/{tag}", check)
        except RegistryRefused as refused:
            if refused.status not in _UNSUPPORTED:
                raise
            self._deletes_tags = False
            return False
        return True

    async def deletes_tags(self) -> bool:
        """Return whether the registry can delete a tag and keep its manifest: only 3.x can.

        The first call finds out by deleting a tag of a repository that cannot exist.
        """
        if self._deletes_tags is None:
            self._deletes_tags = await self.delete_tag(_NO_REPOSITORY, "none")
        return self._deletes_tags

    async def put_manifest(
        self, repository: str, reference: str, manifest: Fetched, *, check: Check | None = None
    ) -> None:
        """Push a manifest by tag or digest."""
        await self._transport.request(
            "PUT",
            f"/v2/{repository}/manifests/{reference}",
            access=repository_access(repository, "pull", "push"),
            limit=0,
            status=201,
            content=manifest.content,
            media_type=manifest.media_type,
            check=check,
        )

    async def forward_manifest(
        self, repository: str, reference: str, manifest: Fetched, *, subject: str
    ) -> Forwarded:
        """Push a manifest in the name of the Docker user ``subject``; return the whole response.

        Raises:
            RegistryUnavailable: the registry did not answer, or it failed. The outcome is unknown.
        """
        response = await self._transport.forward(
            "PUT",
            f"/v2/{repository}/manifests/{reference}",
            access=repository_access(repository, "pull", "push"),
            subject=subject,
            content=manifest.content,
            media_type=manifest.media_type,
        )
        return Forwarded(response.status_code, response.headers, response.content)

    async def mount_blob(self, repository: str, digest: str, *, source: str) -> None:
        """Link a blob of the repository ``source``, without moving bytes.

        Raises:
            RegistryRefused: the source does not have it.
        """
        query = urlencode({"mount": digest, "from": source})
        await self._transport.request(
            "POST",
            f"/v2/{repository}/blobs/uploads/?{query}",
            access=(
                *repository_access(repository, "pull", "push"),
                *repository_access(source, "pull"),
            ),
            limit=0,
            status=201,
        )

    async def list_repositories(self) -> list[str]:
        """Return every repository that the registry has, even if it is empty. Reads all pages."""
        return await self._list(f"/v2/_catalog?n={_PAGE_SIZE}", LIST_REPOSITORIES, "repositories")

    async def list_repositories_in(self, namespace: str) -> list[str]:
        """Return the repositories of ``namespace``.

        The registry lists them in order, so the last pages are not read.
        """
        found = await self._list(
            f"/v2/_catalog?n={_PAGE_SIZE}&last={namespace}",
            LIST_REPOSITORIES,
            "repositories",
            prefix=f"{namespace}/",
        )
        return [repository for repository in found if repository.startswith(f"{namespace}/")]

    async def list_tags(self, repository: str) -> list[str]:
        """Return every tag of the repository, or an empty list if it does not exist."""
        return await self._list(
            f"/v2/{repository}/tags/list", repository_access(repository, "pull"), "tags"
        )

    async def check(self) -> None:
        """Raise RegistryUnavailable unless the registry works and accepts the tokens."""
        await self._transport.request("GET", "/v2/", access=(), limit=MAX_MANIFEST_BYTES)

    async def _list(
        self, path: str | None, access: Access, key: str, *, prefix: str = ""
    ) -> list[str]:
        """Return all pages of a list (OCI distribution spec, "Listing Tags").

        2.8.2 returns all tags on one page, 3.x can return several pages.
        """
        names: dict[str, None] = {}
        while path is not None:
            answer = await self._transport.request("GET", path, access=access, limit=None)
            if answer is None:
                if key == "tags":
                    return []
                raise RegistryUnavailable(f"GET {path} returned status 404")
            page = _names(answer.content, key)
            if page and page[-1] in names:
                raise RegistryUnavailable(f"GET {path}: the list repeats a page")
            names.update(dict.fromkeys(page))
            path = answer.next if not page or page[-1].startswith(prefix) else None
        return list(names)

    async def _delete_damaged(
        self,
        repository: str,
        path: str,
        exists: Callable[[str, str], Awaitable[bool]],
        check: Check | None,
    ) -> bool:
        """Delete a manifest or a blob, whose link or tags can be damaged."""
        try:
            return await self._delete(f"{repository}/{path}", check)
        except RegistryRefused as refused:
            if refused.status not in _DAMAGED:
                raise
            await self.list_tags(repository)  # If the whole storage fails, this raises.
            try:
                remains = await exists(repository, path.rpartition("/")[2])
            except RegistryRefused:
                return False
            if remains:
                raise
            return True  # It was deleted, and then the registry failed at a damaged tag.

    async def _delete(self, path: str, check: Check | None) -> bool:
        access = repository_access(path.rsplit("/", 2)[0], "delete")
        return (
            await self._transport.request(
                "DELETE",
                f"/v2/{path}",
                access=access,
                limit=MAX_MANIFEST_BYTES,
                status=202,
                check=check,
            )
            is not None
        )

    async def _send(self, method: str, repository: str, rest: str, *, limit: int) -> Answer | None:
        return await self._transport.request(
            method,
            f"/v2/{repository}/{rest}",
            access=repository_access(repository, "pull"),
            limit=limit,
        )


def _length(answer: Answer | None) -> int | None:
    return int(answer.headers["Content-Length"]) if answer else None


def _names(content: bytes, key: str) -> list[str]:
    """Return the list ``key`` of a page. The registry returns null for an empty list."""
    try:
        value = json.loads(content)
        return [str(name) for name in value[key] or ()]
    except (ValueError, KeyError, TypeError) as error:
        raise RegistryUnavailable(f"the list has no field {key}") from error


@dataclass(frozen=True, slots=True)
class RegistryAddress:
    """The URL of Distribution, and what its tokens need.

    ``keys`` is the directory of signing keys, ``service`` the claim ``aud``, ``issuer`` the claim
    ``iss``. ``storage_ca`` is the CA of the storage to which the registry redirects requests for
    blobs; None for the CAs of the machine.
    """

    url: str
    keys: Path
    service: str
    issuer: str
    storage_ca: Path | None = None


@asynccontextmanager
async def connected(
    address: RegistryAddress, *, subject: str, timeout_seconds: float = 10.0
) -> AsyncIterator[Registry]:
    """Open a client of the registry at ``address`` that acts as ``subject``.

    Its connections close with the context.

    Raises:
        ValueError: ``address.keys`` has no signing key.
    """
    tokens = RegistryTokens(
        keys=address.keys, service=address.service, issuer=address.issuer, subject=subject
    )
    verify = ssl.create_default_context()
    if address.storage_ca is not None:
        verify.load_verify_locations(address.storage_ca)
    async with httpx.AsyncClient(
        base_url=address.url,
        verify=verify,
        timeout=httpx.Timeout(timeout_seconds, connect=2.0),
        limits=_LIMITS,
        headers={"User-Agent": subject.replace(":", "-")},
        trust_env=False,
    ) as http:
        yield Registry(Transport(http, tokens))
