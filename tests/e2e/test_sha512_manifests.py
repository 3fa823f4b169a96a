"""Manifests that clients push, pull, and delete by their sha512 digests."""

from __future__ import annotations

import hashlib

import pytest

from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant
from tests.kit.images import make_image
from tests.kit.stack.run import Stack

pytestmark = pytest.mark.registry_versions


def test_manifest_is_pushed_pulled_deleted_and_restored_by_its_sha512_digest(
    tenant: Tenant, stack: Stack
) -> None:
    tenant.account.grant(tenant.private, tenant.granted, "delete")
    repository = f"{tenant.private}/app"
    image = make_image()
    manifest = image.manifest
    digest = "sha512:" + hashlib.sha512(manifest.content).hexdigest()
    path = f"/v2/{repository}/manifests/{digest}"
    with Registry(stack.url, tenant.granted.credentials) as registry:
        assert registry.manifest(repository, digest).status_code == 404
        pushed = registry.push_manifest(manifest, image.blobs, repository, digest)
        assert pushed.status_code == 201
        assert pushed.headers["docker-content-digest"] == digest
        assert pushed.headers["location"] == path
        for reference in (digest, manifest.digest):
            pulled = registry.manifest(repository, reference)
            assert pulled.content == manifest.content
            assert pulled.headers["docker-content-digest"] == reference
            assert pulled.headers["content-type"] == manifest.media_type
        anonymous = registry.http.get(path)
        assert anonymous.status_code == 401
        assert f'scope="repository:{repository}:pull"' in anonymous.headers["www-authenticate"]
        registry.push(image, repository, "v1")
        scope = f"repository:{repository}:pull,push,delete"
        bearer = {
            "Authorization": f"Bearer {registry.token(scope)}",
            "Accept": manifest.media_type,
        }
        assert registry.http.head(path, headers=bearer).status_code == 200
        assert registry.http.delete(path, headers=bearer).status_code == 202
        assert registry.http.get(path, headers=bearer).status_code == 404
        assert registry.http.delete(path, headers=bearer).status_code == 404
        (entry,) = tenant.account.call("GET", "/trash")["items"]
        tenant.account.call("POST", f"/trash/{entry['id']}/restore")
        assert registry.manifest(repository, digest).content == manifest.content
        assert registry.manifest(repository, "v1").content == manifest.content


def test_manifest_with_another_sha512_digest_is_refused(tenant: Tenant, stack: Stack) -> None:
    repository = f"{tenant.private}/app"
    image = make_image()
    with Registry(stack.url, tenant.granted.credentials) as registry:
        registry.push(image, repository, "v1")
        bearer = {"Authorization": f"Bearer {registry.token(f'repository:{repository}:pull,push')}"}
        refused = registry.http.put(
            f"/v2/{repository}/manifests/sha512:{'0' * 128}",
            content=image.manifest.content,
            headers={**bearer, "Content-Type": image.manifest.media_type},
        )
        assert refused.status_code == 400
        (error,) = refused.json()["errors"]
        assert error["code"] == "DIGEST_INVALID"


def test_layer_is_not_mounted_by_its_sha512_digest(tenant: Tenant, stack: Stack) -> None:
    """Distribution would answer that it is mounted, and then not find it under that digest."""
    source, target = f"{tenant.private}/source", f"{tenant.private}/target"
    image = make_image()
    layer = image.layers[0]
    digest = "sha512:" + hashlib.sha512(layer.content).hexdigest()
    with Registry(stack.url, tenant.granted.credentials) as registry:
        token = registry.token(f"repository:{source}:pull,push", f"repository:{target}:pull,push")
        registry.upload(image, source, token=token)
        mount = {"mount": digest, "from": source}
        answer = registry.start_upload(target, token=token, **mount)
        assert answer.status_code == 202
        assert f"/v2/{target}/blobs/uploads/" in answer.headers["location"]
