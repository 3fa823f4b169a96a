"""This service's calls to Distribution, with tokens of its own (`sub` `moorage:catalog`, a name that no Docker user can have).

What it fetches is no pull: the events service knows the name.
"""

import json
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from libs.common.jwt import SigningKey, load_signing_keys
from services.catalog.settings import Settings

SUBJECT = "moorage:catalog"
TOKEN_SECONDS = 300
MAX_MANIFEST = 4 * 1024 * 1024
_PAGE = 1000  # the most that it gives at once
_LIST_TIMEOUT = httpx.Timeout(300.0, connect=2.0)  # for each page of its list the registry walks through all of its storage
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


class RegistryUnavailable(Exception):
    """The registry did not answer, or not as one that works."""


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


class _Keys:
    """The newest key of a directory; a key that is put there later is taken up by itself."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._names: list[str] = []
        self._newest: SigningKey | None = None

    def newest(self) -> SigningKey:
        """Raises ValueError when there is none."""
        names = sorted(path.name for path in self._directory.glob("*.pem"))
        if self._newest is None or names != self._names:
            self._newest = load_signing_keys(self._directory)[0]
            self._names = names
        return self._newest


class Registry:
    """Distribution's API, as far as this service needs it. Every method raises RegistryUnavailable."""

    def __init__(self, http: httpx.AsyncClient, *, keys: Path, service: str, issuer: str) -> None:
        self._http = http
        self._keys = _Keys(keys)
        self._service = service
        self._issuer = issuer
        self._keys.newest()

    async def find_digest(self, repository: str, tag: str) -> str | None:
        """The digest that ``tag`` names now, or None when there is no such tag."""
        answer = await self._send("HEAD", repository, f"manifests/{tag}", limit=0)
        return str(answer.headers["Docker-Content-Digest"]) if answer else None

    async def has_manifest(self, repository: str, digest: str) -> bool:
        """Whether the repository holds the manifest."""
        return await self._send("HEAD", repository, f"manifests/{digest}", limit=0) is not None

    async def find_manifest(self, repository: str, digest: str) -> Fetched | None:
        """The manifest, or None when it is gone."""
        answer = await self._send("GET", repository, f"manifests/{digest}", limit=MAX_MANIFEST)
        if answer is None:
            return None
        return Fetched(answer.headers.get("Content-Type", "").partition(";")[0].strip(), answer.content)

    async def find_blob(self, repository: str, digest: str, *, limit: int) -> bytes | None:
        """A blob of at most ``limit`` bytes; None when it is gone or larger."""
        answer = await self._send("GET", repository, f"blobs/{digest}", limit=limit)
        return answer.content if answer else None

    async def delete_manifest(self, repository: str, digest: str) -> bool:
        """Delete a manifest with all tags on it; False: it was not there."""
        access: dict[str, object] = {"type": "repository", "name": repository, "actions": ["delete"]}
        path = f"/v2/{repository}/manifests/{digest}"
        return await self._request("DELETE", path, access=[access], limit=MAX_MANIFEST, status=202) is not None

    async def list_repositories(self) -> list[str]:
        """Every repository that the registry holds something of, emptied ones too: all pages, or RegistryUnavailable."""
        access: list[dict[str, object]] = [{"type": "registry", "name": "catalog", "actions": ["*"]}]
        return await self._list(f"/v2/_catalog?n={_PAGE}", access, "repositories")

    async def list_tags(self, repository: str) -> list[str]:
        """Every tag of the repository; none when there is no such repository, or it was emptied."""
        access: list[dict[str, object]] = [{"type": "repository", "name": repository, "actions": ["pull"]}]
        return await self._list(f"/v2/{repository}/tags/list", access, "tags")

    async def check(self) -> None:
        """Return when the registry works and takes our tokens."""
        await self._request("GET", "/v2/", access=[], limit=MAX_MANIFEST)

    async def _list(self, path: str | None, access: list[dict[str, object]], key: str) -> list[str]:
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
            path = answer.next
        return list(found)

    async def _send(self, method: str, repository: str, rest: str, *, limit: int) -> _Answer | None:
        access: dict[str, object] = {"type": "repository", "name": repository, "actions": ["pull"]}
        return await self._request(method, f"/v2/{repository}/{rest}", access=[access], limit=limit)

    async def _request(
        self, method: str, path: str, *, access: list[dict[str, object]], limit: int | None, status: int = 200
    ) -> _Answer | None:
        headers = {"Authorization": f"Bearer {self._token(access)}", "Accept": ACCEPT}
        try:
            timeout = self._http.timeout if limit is not None else _LIST_TIMEOUT
            async with self._http.stream(method, path, headers=headers, follow_redirects=True, timeout=timeout) as response:
                if response.status_code == 404:
                    return None
                if response.status_code != status:
                    raise RegistryUnavailable(f"{method} {path} was answered {response.status_code}")
                content = await _read(response, limit)
                return None if content is None else _Answer(response.headers, content)
        except httpx.HTTPError as error:
            raise RegistryUnavailable(f"{method} {path}: {type(error).__name__}") from error

    def _token(self, access: list[dict[str, object]]) -> str:
        now = int(time.time())
        claims = {
            "iss": self._issuer,
            "sub": SUBJECT,
            "aud": self._service,
            "iat": now,
            "nbf": now - 5,
            "exp": now + TOKEN_SECONDS,
            "jti": uuid.uuid4().hex,
            "access": access,
        }
        return self._keys.newest().sign(claims)


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


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Registry]:
    """A client of the registry that ``settings`` name; its connections end with the context."""
    async with httpx.AsyncClient(
        base_url=str(settings.registry_url),
        timeout=httpx.Timeout(10.0, connect=2.0),
        headers={"User-Agent": "moorage-catalog"},
        trust_env=False,
    ) as http:
        yield Registry(http, keys=settings.token_keys, service=settings.registry_service, issuer=settings.issuer)
