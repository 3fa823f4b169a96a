"""The client of Distribution's HTTP API (OCI distribution spec).

It authenticates with tokens that the service signs itself.
"""

import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from libs.common.registry.tokens import (
    LIST_REPOSITORIES,
    Access,
    RegistryTokens,
    repository_access,
)

MAX_MANIFEST_BYTES = 4 * 1024 * 1024
_PAGE_SIZE = 1000  # the maximum that Distribution accepts
# Distribution walks its whole storage for each page of its catalog.
_LIST_TIMEOUT = httpx.Timeout(300.0, connect=2.0)
ACCEPT = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
        "*/*;q=0.1",
    )
)

_NO_REPOSITORY = "x/none"
"""A repository that cannot exist, because a namespace has at least two characters."""
_UNSUPPORTED = (400, 405)


class RegistryUnavailable(Exception):
    """The registry did not answer, or its answer is invalid."""


class RegistryRefused(RegistryUnavailable):
    """The registry answered with the unexpected status code ``status``."""

    def __init__(self, call: str, status: int) -> None:
        super().__init__(f"{call} returned status {status}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Fetched:
    """A manifest in the registry."""

    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class _Answer:
    headers: httpx.Headers
    content: bytes

    @property
    def next(self) -> str | None:
        """The path of the next page of a list, or None on the last page."""
        link = httpx.Response(200, headers=self.headers).links.get("next", {}).get("url")
        return httpx.URL(link).raw_path.decode() if link else None


class Registry:
    """The calls of Distribution's API that the services need.

    Every method raises RegistryUnavailable.
    """

    def __init__(self, http: httpx.AsyncClient, tokens: RegistryTokens) -> None:
        self._http = http
        self._tokens = tokens
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

    async def delete_manifest(self, repository: str, digest: str) -> bool:
        """Delete a manifest with all its tags. Return False if it did not exist."""
        return await self._delete(f"{repository}/manifests/{digest}")

    async def delete_blob(self, repository: str, digest: str) -> bool:
        """Unlink a blob from the repository. Return False if it did not exist.

        Only the garbage collector frees its space.
        """
        return await self._delete(f"{repository}/blobs/{digest}")

    async def delete_tag(self, repository: str, tag: str) -> bool:
        """Delete a tag but not its manifest. Return False if the registry cannot do this."""
        try:
            await self._delete(f"{repository}/manifests/{tag}")
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

    async def put_manifest(self, repository: str, reference: str, manifest: Fetched) -> None:
        """Push a manifest by tag or digest."""
        await self._request(
            "PUT",
            f"/v2/{repository}/manifests/{reference}",
            access=repository_access(repository, "pull", "push"),
            limit=0,
            status=201,
            put=manifest,
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
        await self._request("GET", "/v2/", access=(), limit=MAX_MANIFEST_BYTES)

    async def _list(
        self, path: str | None, access: Access, key: str, *, prefix: str = ""
    ) -> list[str]:
        """Return all pages of a list (OCI distribution spec, "Listing Tags").

        2.8.2 returns all tags on one page, 3.x can return several pages.
        """
        names: dict[str, None] = {}
        while path is not None:
            answer = await self._request("GET", path, access=access, limit=None)
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

    async def _delete(self, path: str) -> bool:
        access = repository_access(path.rsplit("/", 2)[0], "delete")
        return (
            await self._request(
                "DELETE", f"/v2/{path}", access=access, limit=MAX_MANIFEST_BYTES, status=202
            )
            is not None
        )

    async def _send(self, method: str, repository: str, rest: str, *, limit: int) -> _Answer | None:
        return await self._request(
            method,
            f"/v2/{repository}/{rest}",
            access=repository_access(repository, "pull"),
            limit=limit,
        )

    async def _request(
        self,
        method: str,
        path: str,
        *,
        access: Access,
        limit: int | None,
        status: int = 200,
        put: Fetched | None = None,
    ) -> _Answer | None:
        headers = {"Authorization": f"Bearer {self._tokens.sign(access)}", "Accept": ACCEPT}
        if put is not None:
            headers["Content-Type"] = put.media_type
        try:
            async with self._stream(method, path, headers, limit, put) as response:
                if response.status_code == 404:
                    return None
                if response.status_code != status:
                    raise RegistryRefused(f"{method} {path}", response.status_code)
                content = await _read(response, limit)
                return None if content is None else _Answer(response.headers, content)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise RegistryUnavailable(f"{method} {path}: {type(error).__name__}") from error

    def _stream(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        limit: int | None,
        put: Fetched | None,
    ) -> AbstractAsyncContextManager[httpx.Response]:
        timeout = self._http.timeout if limit is not None else _LIST_TIMEOUT
        content = put.content if put is not None else None
        return self._http.stream(
            method, path, headers=headers, content=content, follow_redirects=True, timeout=timeout
        )


def _names(content: bytes, key: str) -> list[str]:
    """Return the list ``key`` of a page. The registry returns null for an empty list."""
    try:
        value = json.loads(content)
        return [str(name) for name in value[key] or ()]
    except (ValueError, KeyError, TypeError) as error:
        raise RegistryUnavailable(f"the list has no field {key}") from error


async def _read(response: httpx.Response, limit: int | None) -> bytes | None:
    """Return the body, or None if it is larger than ``limit`` bytes."""
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if limit is not None and len(content) > limit:
            return None
    return bytes(content)


@dataclass(frozen=True, slots=True)
class RegistryAddress:
    """The URL of Distribution, and what its tokens need.

    ``keys`` is the directory of signing keys, ``service`` the claim ``aud``, ``issuer`` the claim
    ``iss``.
    """

    url: str
    keys: Path
    service: str
    issuer: str


@asynccontextmanager
async def connected(
    address: RegistryAddress, *, subject: str, timeout_seconds: float = 10.0
) -> AsyncIterator[Registry]:
    """Open a client of the registry at ``address`` that acts as ``subject``.

    Its connections close with the context.

    Raises ValueError if there is no signing key.
    """
    tokens = RegistryTokens(
        keys=address.keys, service=address.service, issuer=address.issuer, subject=subject
    )
    async with httpx.AsyncClient(
        base_url=address.url,
        timeout=httpx.Timeout(timeout_seconds, connect=2.0),
        headers={"User-Agent": subject.replace(":", "-")},
        trust_env=False,
    ) as http:
        yield Registry(http, tokens)
