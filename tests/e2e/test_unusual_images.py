"""Images of unusual shape, from the upload of their blobs to their deletion."""

from __future__ import annotations

import hashlib
import json

import httpx
import pytest

from tests.e2e.test_faults import drift
from tests.kit.http.accounts import unique
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant
from tests.kit.images import MEDIA_TYPES, Blob, make_image, make_manifest
from tests.kit.stack.run import Stack

pytestmark = pytest.mark.registry_versions


class Client:
    """Uploads blobs and puts manifests of one repository, without their digests' checks."""

    def __init__(self, registry: Registry, repository: str) -> None:
        self.registry = registry
        self.repository = repository
        self.headers = {
            "Authorization": f"Bearer {registry.token(f'repository:{repository}:pull,push')}"
        }

    def upload(self, blob: Blob, digest: str | None = None) -> None:
        """Upload a blob, under a digest of any algorithm."""
        path = f"/v2/{self.repository}/blobs/uploads/"
        opened = self.registry.http.post(path, headers=self.headers).raise_for_status()
        place = httpx.URL(opened.headers["Location"])
        self.registry.http.put(
            place.copy_merge_params({"digest": digest or blob.digest}),
            content=blob.content,
            headers={**self.headers, "Content-Type": "application/octet-stream"},
        ).raise_for_status()

    def put(self, manifest: Blob, reference: str) -> httpx.Response:
        """Put a manifest."""
        return self.registry.http.put(
            f"/v2/{self.repository}/manifests/{reference}",
            content=manifest.content,
            headers={**self.headers, "Content-Type": manifest.media_type},
        )

    def get(self, path: str) -> httpx.Response:
        """GET a manifest or a blob."""
        types = ", ".join(MEDIA_TYPES["oci"].values())
        return self.registry.http.get(
            f"/v2/{self.repository}/{path}", headers={**self.headers, "Accept": types}
        )


@pytest.fixture
def client(shared_tenant: Tenant, shared_registry: Registry) -> Client:
    """A client of a new repository."""
    return Client(shared_registry, f"{shared_tenant.private}/{unique('unusual')}")


def assert_catalog_agrees(stack: Stack) -> None:
    report = drift(stack)
    assert (report.returncode, report.stderr) == (0, ""), report.stdout


def test_layer_with_a_sha512_digest_can_be_pushed_pulled_and_deleted(
    stack: Stack, shared_tenant: Tenant, client: Client
) -> None:
    image = make_image()
    layer = image.layers[0]
    digest = "sha512:" + hashlib.sha512(layer.content).hexdigest()
    client.upload(image.config)
    client.upload(layer, digest)
    manifest = make_manifest(
        config=image.config.descriptor(), layers=[layer.descriptor(digest=digest)]
    )
    pushed = client.put(manifest, "v1")
    assert pushed.status_code == 201, pushed.text
    assert client.get("manifests/v1").content == manifest.content
    for name in (digest, layer.digest):
        assert client.get(f"blobs/{name}").content == layer.content
    shown = shared_tenant.account.call("GET", f"/images/{client.repository}:v1")
    assert shown["size_bytes"] == image.size_bytes
    assert_catalog_agrees(stack)
    assert shared_tenant.account.http.delete(f"/images/{client.repository}:v1").status_code == 204
    assert client.get("manifests/v1").status_code == 404


def test_build_cache_can_be_pushed_pulled_and_deleted_if_the_registry_takes_it(
    stack: Stack, shared_tenant: Tenant, client: Client
) -> None:
    """Its index names blobs, not manifests; one of them claims to be an image."""
    image = make_image(layers=2)
    for blob in image.blobs:
        client.upload(blob)
    config = image.config.descriptor() | {"mediaType": "application/vnd.buildkit.cacheconfig.v0"}
    children = [
        image.layers[0].descriptor(),
        image.layers[1].descriptor() | {"mediaType": MEDIA_TYPES["oci"]["manifest"]},
        config,
    ]
    value = {"schemaVersion": 2, "mediaType": MEDIA_TYPES["oci"]["index"], "manifests": children}
    cache = Blob(MEDIA_TYPES["oci"]["index"], json.dumps(value).encode())
    pushed = client.put(cache, "cache")
    if pushed.status_code != 201:  # Distribution 3 refuses it
        assert pushed.json()["errors"][0]["code"] == "MANIFEST_BLOB_UNKNOWN"
        assert client.get("manifests/cache").status_code == 404
        return
    assert client.get("manifests/cache").content == cache.content
    for blob in image.blobs:
        assert client.get(f"blobs/{blob.digest}").content == blob.content
    path = f"/images/{client.repository}:cache"
    assert shared_tenant.account.call("GET", path)["digest"] == cache.digest
    assert_catalog_agrees(stack)
    assert shared_tenant.account.http.delete(path).status_code == 204
    assert client.get("manifests/cache").status_code == 404
