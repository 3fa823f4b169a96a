"""`skopeo delete`, and deletions through the gateway, by a Docker user with the grant `delete`."""

from __future__ import annotations

import httpx
import pytest

from tests.kit.clients.skopeo import Skopeo
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant
from tests.kit.images import Blob, make_image, make_index
from tests.kit.stack.run import Stack

pytestmark = pytest.mark.registry_versions


@pytest.fixture
def repository(tenant: Tenant) -> str:
    """A repository in which `tenant.granted` can delete."""
    tenant.account.grant(tenant.private, tenant.granted, "delete")
    return f"{tenant.private}/app"


@pytest.fixture
def registry(tenant: Tenant, stack: Stack) -> Registry:
    """The registry, as `tenant.granted`."""
    return Registry(stack.url, tenant.granted.credentials)


def _trash(tenant: Tenant) -> list[tuple[str, str]]:
    items = tenant.account.call("GET", "/trash")["items"]
    return [(item["path"], item["docker_user"]) for item in items]


@pytest.mark.parametrize("by_digest", [False, True])
def test_skopeo_deletes_an_image_with_its_tags(
    skopeo: Skopeo,
    tenant: Tenant,
    stack: Stack,
    registry: Registry,
    repository: str,
    by_digest: bool,
) -> None:
    """For a tag too, skopeo requests the deletion of its digest."""
    image, other = make_image(), make_image()
    with registry:
        for tag in ("v1", "v2"):
            registry.push(image, repository, tag)
        registry.push(other, repository, "other")
    digest = image.manifest.digest
    skopeo.logged_in(stack.registry, tenant.granted)
    reference = f"@{digest}" if by_digest else ":v1"
    skopeo.delete(f"{stack.registry}/{repository}{reference}").checked()
    assert set(tenant.account.tags(repository)) == {"other"}
    assert _trash(tenant) == [(f"{repository}@{digest}", tenant.granted.username)]
    again = skopeo.delete(f"{stack.registry}/{repository}{reference}")
    assert not again.ok
    skopeo.pull(f"{stack.registry}/{repository}:other").checked()


def test_skopeo_prints_which_index_needs_an_image(
    skopeo: Skopeo, tenant: Tenant, stack: Stack, registry: Registry, repository: str
) -> None:
    index = make_index()
    with registry:
        registry.push(index, repository, "multi")
    skopeo.logged_in(stack.registry, tenant.granted)
    child = index.images[0].manifest.digest
    refused = skopeo.delete(f"{stack.registry}/{repository}@{child}")
    assert not refused.ok
    assert f"{index.manifest.digest} (multi)" in refused.stderr
    skopeo.pull(f"{stack.registry}/{repository}:multi").checked()


def test_skopeo_ends_if_its_access_token_cannot_delete(
    skopeo: Skopeo, tenant: Tenant, stack: Stack, registry: Registry, repository: str
) -> None:
    """The Docker user has the grant, so each token without `delete` is answered with 401."""
    with registry:
        registry.push(make_image(), repository, "v1")
    user = tenant.granted.username
    limited = tenant.account.call(
        "POST", f"/docker-users/{user}/tokens", json={"name": "ci", "permission": "push"}
    )
    skopeo.login(stack.registry, user, limited["secret"]).checked()
    refused = skopeo.delete(f"{stack.registry}/{repository}:v1")
    assert not refused.ok
    assert "access token" in refused.stderr
    assert set(tenant.account.tags(repository)) == {"v1"}


def test_blobs_tags_and_uploads_are_deleted_through_the_gateway(
    tenant: Tenant, registry: Registry, repository: str
) -> None:
    blob = Blob("application/octet-stream", b"a blob that no manifest names")
    image = make_image()
    with registry:
        registry.push(image, repository, "v1")
        registry.push(image, repository, "v2")
        token = registry.token(f"repository:{repository}:pull,push,delete")
        headers = {"Authorization": f"Bearer {token}"}

        def request(method: str, path: str, **more: object) -> httpx.Response:
            return registry.http.request(
                method,
                path if path.startswith("/") else f"/v2/{repository}/{path}",
                headers=headers,
                **more,  # type: ignore[arg-type]
            )

        def opened() -> httpx.URL:
            answer = request("POST", "blobs/uploads/").raise_for_status()
            return httpx.URL(answer.headers["Location"])

        place = opened().copy_merge_params({"digest": blob.digest})
        stored = request("PUT", place.raw_path.decode(), content=blob.content)
        assert stored.status_code == 201
        assert request("DELETE", "manifests/v1").status_code == 202
        assert request("DELETE", f"blobs/{image.layers[0].digest}").status_code == 405
        assert request("DELETE", f"blobs/{blob.digest}").status_code == 202
        assert request("HEAD", f"blobs/{blob.digest}").status_code == 404
        upload = opened().raw_path.decode()
        assert request("DELETE", upload).status_code == 204
        assert request("DELETE", upload).status_code == 404
        anonymous = registry.http.delete(f"/v2/{repository}/manifests/v2")
        assert anonymous.status_code == 401
        realm = str(registry.http.base_url).rstrip("/") + "/token"
        assert anonymous.headers["WWW-Authenticate"].startswith(f'Bearer realm="{realm}"')
    assert set(tenant.account.tags(repository)) == {"v2"}
