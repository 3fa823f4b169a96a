"""Asks Distribution for the children of an index, with tokens of this service's own (`sub` `moorage:events`), which count as no pull."""

import json
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from libs.common.jwt import load_signing_keys
from services.events.counting.indexes import MAX_CHILDREN

SUBJECT = "moorage:events"
_TOKEN_SECONDS = 120
_MAX_MANIFEST = 4 * 1024 * 1024
_SECONDS = 5.0
_ACCEPT = (
    "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json, */*;q=0.1"
)


class RegistryUnavailable(Exception):
    """The registry did not answer, or not with a manifest."""


class Registry:
    """The registry that ``http`` leads to; ``keys`` is the directory of the token keys, read for each lookup, so that they may rotate."""

    def __init__(self, http: httpx.AsyncClient, *, keys: Path, service: str, issuer: str) -> None:
        self._http = http
        self._keys = keys
        self._service = service
        self._issuer = issuer

    async def find_children(self, repository: str, digest: str) -> tuple[str, ...] | None:
        """The digests in the index ``digest``: none when it is a manifest of another kind, None when the registry does not have it.

        Raises RegistryUnavailable.
        """
        headers = {"Authorization": f"Bearer {self._token(repository)}", "Accept": _ACCEPT}
        content = bytearray()
        try:
            async with self._http.stream("GET", f"/v2/{repository}/manifests/{digest}", headers=headers) as response:
                if response.status_code == 404:
                    return None
                if response.status_code != 200:
                    raise RegistryUnavailable(f"the registry answered {response.status_code}")
                async for chunk in response.aiter_bytes():
                    content += chunk
                    if len(content) > _MAX_MANIFEST:
                        return ()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise RegistryUnavailable(type(error).__name__) from error
        return children_in(bytes(content))

    def _token(self, repository: str) -> str:
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "sub": SUBJECT,
            "aud": self._service,
            "iat": now,
            "nbf": now - 5,
            "exp": now + _TOKEN_SECONDS,
            "jti": uuid.uuid4().hex,
            "access": [{"type": "repository", "name": repository, "actions": ["pull"]}],
        }
        return load_signing_keys(self._keys)[0].sign(claims)


def children_in(manifest: bytes) -> tuple[str, ...]:
    """The digests that ``manifest`` lists when it is an index (OCI image spec, "Image Index"), in order, each once."""
    try:
        document = json.loads(manifest)
    except (ValueError, RecursionError):
        return ()
    listed = document.get("manifests") if isinstance(document, dict) else None
    entries = listed if isinstance(listed, list) else []
    digests = [entry["digest"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("digest"), str)]
    # In the catalog's order: of more than are remembered, both must remember the same.
    return tuple(sorted({digest for digest in digests if 0 < len(digest) <= 255 and "\0" not in digest})[:MAX_CHILDREN])


@asynccontextmanager
async def connected(url: str, *, keys: Path, service: str, issuer: str) -> AsyncIterator[Registry]:
    """A client of the registry at ``url``; its connections end with the context. Raises ValueError when there is no key."""
    load_signing_keys(keys)
    limits = httpx.Limits(max_connections=4)
    agent = {"User-Agent": "moorage-events"}
    async with httpx.AsyncClient(base_url=url, timeout=_SECONDS, headers=agent, limits=limits, trust_env=False) as http:
        yield Registry(http, keys=keys, service=service, issuer=issuer)
