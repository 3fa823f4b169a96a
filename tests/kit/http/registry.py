"""Speaks the registry's HTTP API directly, for what no client does (OCI distribution spec, "Push", "Pull")."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

import httpx

from tests.kit.http.tokens import token_for
from tests.kit.images import Blob, Image, Index


class Registry:
    """The registry behind the gateway, asked with one credential; None is the anonymous.

    Args:
        url: of the gateway, without a path.
    """

    def __init__(self, url: str, credentials: tuple[str, str] | None) -> None:
        self.http = httpx.Client(base_url=url, timeout=30, trust_env=False)
        self._credentials = credentials

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()

    def token(self, *scopes: str) -> str:
        return token_for(self.http, *scopes, auth=self._credentials)

    def push(self, content: Image | Index, repository: str, tag: str) -> None:
        """Uploads blobs, children and manifest.

        Raises:
            httpx.HTTPStatusError: the registry refused one of them.
        """
        self.push_with(self.token(f"repository:{repository}:pull,push"), content, repository, tag)

    def push_with(self, token: str, content: Image | Index, repository: str, tag: str) -> None:
        """As ``push``, with a token that is at hand."""
        bearer = _bearer(token)
        for image in content.images if isinstance(content, Index) else (content,):
            for blob in image.blobs:
                self._upload(blob, repository, bearer)
            if isinstance(content, Index):
                self._put_manifest(image.manifest, repository, image.manifest.digest, bearer)
        self._put_manifest(content.manifest, repository, tag, bearer)

    def manifest(
        self, repository: str, reference: str, *, token: str | None = None
    ) -> httpx.Response:
        """GET of a manifest, with a pull token of this credential's unless another token is given."""
        bearer = _bearer(
            token if token is not None else self.token(f"repository:{repository}:pull")
        )
        accept = (
            "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"
        )
        return self.http.get(
            f"/v2/{repository}/manifests/{reference}", headers={**bearer, "Accept": accept}
        )

    def blob(self, repository: str, digest: str, *, token: str) -> httpx.Response:
        return self.http.get(f"/v2/{repository}/blobs/{digest}", headers=_bearer(token))

    def start_upload(self, repository: str, *, token: str, **query: str) -> httpx.Response:
        """POST that opens an upload, or mounts a blob when `mount` and `from` are given."""
        return self.http.post(
            f"/v2/{repository}/blobs/uploads/", params=query, headers=_bearer(token)
        )

    def _upload(self, blob: Blob, repository: str, bearer: dict[str, str]) -> None:
        opened = self.http.post(
            f"/v2/{repository}/blobs/uploads/", headers=bearer
        ).raise_for_status()
        place = httpx.URL(opened.headers["Location"]).copy_merge_params({"digest": blob.digest})
        octets = {**bearer, "Content-Type": "application/octet-stream"}
        self.http.put(place, content=blob.content, headers=octets).raise_for_status()

    def _put_manifest(
        self, manifest: Blob, repository: str, reference: str, bearer: dict[str, str]
    ) -> None:
        headers = {**bearer, "Content-Type": manifest.media_type}
        path = f"/v2/{repository}/manifests/{reference}"
        self.http.put(path, content=manifest.content, headers=headers).raise_for_status()


class DirectRegistry(Registry):
    """The registry itself, without the gateway.

    Args:
        url: the URL of the registry, without a path.
        new_token: returns a token for the given scopes.
    """

    def __init__(self, url: str, new_token: Callable[..., str]) -> None:
        super().__init__(url, None)
        self._new_token = new_token

    def token(self, *scopes: str) -> str:
        """Return a token for ``scopes``."""
        return self._new_token(*scopes)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
