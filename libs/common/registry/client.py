"""The one client of Distribution's HTTP API (OCI distribution spec), with tokens that this service signs itself."""

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
_PAGE = 1000  # the most that Distribution returns at once
_LIST_TIMEOUT = httpx.Timeout(
    300.0, connect=2.0
)  # Distribution walks its whole storage for each page of its catalog
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
"""A repository that nobody can create, because a namespace has at least two characters."""
_UNSUPPORTED = (400, 405)


class RegistryUnavailable(Exception):
    """The registry did not answer, or not as one that works."""


class RegistryRefused(RegistryUnavailable):
    """The registry answered with a ``status`` that was not expected."""

    def __init__(self, call: str, status: int) -> None:
        super().__init__(f"{call} was answered {status}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Fetched:
    """A manifest as the registry holds it."""

    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class _Answer:
    headers: httpx.Headers
    content: bytes

    @property
    def next(self) -> str | None:
        """Where the next page of a list is."""
        link = httpx.Response(200, headers=self.headers).links.get("next", {}).get("url")
        return httpx.URL(link).raw_path.decode() if link else None


class Registry:
    """Distribution's API, as far as this service needs it. Every method raises RegistryUnavailable."""

    def __init__(self, http: httpx.AsyncClient, tokens: RegistryTokens) -> None:
        self._http = http
        self._tokens = tokens
        self._deletes_tags: bool | None = None

    async def find_digest(self, repository: str, tag: str) -> str | None:
        """The digest that ``tag`` names now, or None when there is no such tag."""
        answer = await self._send("HEAD", repository, f"manifests/{tag}", limit=0)
        return str(answer.headers["Docker-Content-Digest"]) if answer else None

    async def has_manifest(self, repository: str, digest: str) -> bool:
        """Whether the repository holds the manifest."""
        return await self._send("HEAD", repository, f"manifests/{digest}", limit=0) is not None

    async def find_manifest(self, repository: str, digest: str) -> Fetched | None:
        """The manifest, or None when it is gone."""
        answer = await self._send(
            "GET", repository, f"manifests/{digest}", limit=MAX_MANIFEST_BYTES
        )
        if answer is None:
            return None
        return Fetched(
            answer.headers.get("Content-Type", "").partition(";")[0].strip(), answer.content
        )

    async def find_blob(self, repository: str, digest: str, *, limit: int) -> bytes | None:
        """A blob of at most ``limit`` bytes; None when it is gone or larger."""
        answer = await self._send("GET", repository, f"blobs/{digest}", limit=limit)
        return answer.content if answer else None

    async def delete_manifest(self, repository: str, digest: str) -> bool:
        """Delete a manifest with all tags on it; False: it was not there."""
        return await self._delete(f"{repository}/manifests/{digest}")

    async def delete_blob(self, repository: str, digest: str) -> bool:
        """Take a blob out of the repository, which frees no space yet; False: it was not there."""
        return await self._delete(f"{repository}/blobs/{digest}")

    async def delete_tag(self, repository: str, tag: str) -> bool:
        """Delete a tag alone, where ``deletes_tags``; False: the registry cannot, after all."""
        try:
            await self._delete(f"{repository}/manifests/{tag}")
        except RegistryRefused as refused:
            if refused.status not in _UNSUPPORTED:
                raise
            self._deletes_tags = False
            return False
        return True

    async def deletes_tags(self) -> bool:
        """Whether the registry can delete a tag without its manifest: 3.x can, 2.8.2 cannot. It is asked once, about what is nowhere."""
        if self._deletes_tags is None:
            self._deletes_tags = await self.delete_tag(_NO_REPOSITORY, "none")
        return self._deletes_tags

    async def put_manifest(self, repository: str, reference: str, manifest: Fetched) -> None:
        """Put a manifest under a tag or its digest."""
        await self._request(
            "PUT",
            f"/v2/{repository}/manifests/{reference}",
            access=repository_access(repository, "pull", "push"),
            limit=0,
            status=201,
            put=manifest,
        )

    async def list_repositories(self) -> list[str]:
        """Every repository that the registry holds something of, emptied ones too: all pages, or RegistryUnavailable."""
        return await self._list(f"/v2/_catalog?n={_PAGE}", LIST_REPOSITORIES, "repositories")

    async def list_repositories_in(self, namespace: str) -> list[str]:
        """Those of ``namespace``: the registry lists them one after the other, and what follows is not asked for."""
        found = await self._list(
            f"/v2/_catalog?n={_PAGE}&last={namespace}",
            LIST_REPOSITORIES,
            "repositories",
            prefix=f"{namespace}/",
        )
        return [repository for repository in found if repository.startswith(f"{namespace}/")]

    async def list_tags(self, repository: str) -> list[str]:
        """Every tag of the repository; none when there is no such repository, or it was emptied."""
        return await self._list(
            f"/v2/{repository}/tags/list", repository_access(repository, "pull"), "tags"
        )

    async def check(self) -> None:
        """Return when the registry works and takes our tokens."""
        await self._request("GET", "/v2/", access=(), limit=MAX_MANIFEST_BYTES)

    async def _list(
        self, path: str | None, access: Access, key: str, *, prefix: str = ""
    ) -> list[str]:
        """All pages of a list (OCI distribution spec, "Listing Tags"); 2.8.2 gives all tags at once, 3.x may give pages."""
        found: dict[str, None] = {}
        while path is not None:
            answer = await self._request("GET", path, access=access, limit=None)
            if answer is None:
                if key == "tags":
                    return []
                raise RegistryUnavailable(f"{path} was answered 404")
            names = _names(answer.content, key)
            if names and names[-1] in found:
                raise RegistryUnavailable(f"{path}: the list goes round in a circle")
            found.update(dict.fromkeys(names))
            path = answer.next if not names or names[-1].startswith(prefix) else None
        return list(found)

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
    """What the list ``key`` of a page holds; the registry says null for an empty one."""
    try:
        value = json.loads(content)
        return [str(name) for name in value[key] or ()]
    except (ValueError, KeyError, TypeError) as error:
        raise RegistryUnavailable(f"a list without {key}") from error


async def _read(response: httpx.Response, limit: int | None) -> bytes | None:
    """The body, or None when it is over ``limit`` bytes."""
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if limit is not None and len(content) > limit:
            return None
    return bytes(content)


@dataclass(frozen=True, slots=True)
class RegistryAddress:
    """Where Distribution is, and what its tokens must say: the directory ``keys``, ``service`` (`aud`), and ``issuer`` (`iss`)."""

    url: str
    keys: Path
    service: str
    issuer: str


@asynccontextmanager
async def connected(
    address: RegistryAddress, *, subject: str, timeout_seconds: float = 10.0
) -> AsyncIterator[Registry]:
    """A client of the registry at ``address`` that acts as ``subject``; its connections end with the context.

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
