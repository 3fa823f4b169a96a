"""A client of the registry's HTTP API, for requests that real clients do not send.

Source: OCI distribution spec, "Push" and "Pull".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import httpx

from tests.kit.http.tokens import token_for
from tests.kit.images import Blob, Image, Index


class Registry:
    """The registry behind the gateway.

    Args:
        url: the URL of the gateway, without a path.
        credentials: a user name and password, or None for an anonymous client.
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
        """Request a token for ``scopes``. It may allow less than they name."""
        return token_for(self.http, *scopes, auth=self._credentials)

    def push(self, content: Image | Index, repository: str, tag: str) -> None:
        """Push blobs, children, and the manifest.

        Raises:
            httpx.HTTPStatusError: the registry refused one of them.
        """
        self.push_with(self.token(f"repository:{repository}:pull,push"), content, repository, tag)

    def push_with(self, token: str, content: Image | Index, repository: str, tag: str) -> None:
        """Do what ``push`` does, with the given token."""
        bearer = _bearer(token)
        for image in content.images if isinstance(content, Index) else (content,):
            self.upload(image, repository, token=token)
            if isinstance(content, Index):
                self._put_manifest(image.manifest, repository, image.manifest.digest, bearer)
        self._put_manifest(content.manifest, repository, tag, bearer)

    def push_manifest(
        self, manifest: Blob, blobs: Sequence[Blob], repository: str, reference: str
    ) -> httpx.Response:
        """Push any manifest with its blobs, and return the response to the manifest."""
        bearer = _bearer(self.token(f"repository:{repository}:pull,push"))
        for blob in blobs:
            self._upload(blob, repository, bearer)
        return self._put_manifest(manifest, repository, reference, bearer)

    def referrers(self, repository: str, digest: str, **params: str) -> httpx.Response:
        """Request the referrers of a digest."""
        bearer = _bearer(self.token(f"repository:{repository}:pull"))
        return self.http.get(f"/v2/{repository}/referrers/{digest}", params=params, headers=bearer)

    def manifest(
        self, repository: str, reference: str, *, token: str | None = None
    ) -> httpx.Response:
        """GET a manifest. Without ``token``, request a pull token first."""
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
        """GET a blob."""
        return self.http.get(f"/v2/{repository}/blobs/{digest}", headers=_bearer(token))

    def start_upload(self, repository: str, *, token: str, **query: str) -> httpx.Response:
        """Open an upload, or mount a blob if the query has ``mount`` and ``from``."""
        return self.http.post(
            f"/v2/{repository}/blobs/uploads/", params=query, headers=_bearer(token)
        )

    def upload(self, image: Image, repository: str, *, token: str) -> None:
        """Upload the blobs of an image, but not its manifest."""
        for blob in image.blobs:
            self._upload(blob, repository, _bearer(token))

    def _upload(self, blob: Blob, repository: str, bearer: dict[str, str]) -> None:
        opened = self.http.post(
            f"/v2/{repository}/blobs/uploads/", headers=bearer
        ).raise_for_status()
        place = httpx.URL(opened.headers["Location"]).copy_merge_params({"digest": blob.digest})
        octets = {**bearer, "Content-Type": "application/octet-stream"}
        self.http.put(place, content=blob.content, headers=octets).raise_for_status()

    def _put_manifest(
        self, manifest: Blob, repository: str, reference: str, bearer: dict[str, str]
    ) -> httpx.Response:
        headers = {**bearer, "Content-Type": manifest.media_type}
        path = f"/v2/{repository}/manifests/{reference}"
        return self.http.put(path, content=manifest.content, headers=headers).raise_for_status()


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
