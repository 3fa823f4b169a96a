"""Deletions over the API, and their effect on Docker users at the registry."""

from __future__ import annotations

import httpx
import pytest

from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant
from tests.kit.images import make_image, make_index
from tests.kit.stack.run import Stack
from tests.kit.waiting import eventually

pytestmark = pytest.mark.registry_versions


@pytest.fixture
def pusher(tenant: Tenant, stack: Stack) -> Registry:
    """The registry, as the Docker user that can push."""
    return Registry(stack.url, tenant.granted.credentials)


def _pull_status(registry: Registry, repository: str, reference: str, token: str) -> int:
    return registry.manifest(repository, reference, token=token).status_code


def test_deleting_a_tag_keeps_other_tags_of_the_same_index(
    tenant: Tenant, pusher: Registry
) -> None:
    repository = f"{tenant.private}/app"
    index = make_index()
    with pusher:
        for tag in ("v1", "v2"):
            pusher.push(index, repository, tag)
        eventually(
            lambda: set(tenant.account.tags(repository)),
            lambda tags: tags == {"v1", "v2"},
            within=5,
        )
        assert tenant.account.http.delete(f"/images/{repository}:v1").status_code == 204
        token = pusher.token(f"repository:{repository}:pull")
        assert _pull_status(pusher, repository, "v1", token) == 404
        for reference in ("v2", *(image.manifest.digest for image in index.images)):
            assert _pull_status(pusher, repository, reference, token) == 200
    assert set(tenant.account.tags(repository)) == {"v2"}


def test_a_deleted_repository_grants_no_token_and_a_push_with_an_old_token_is_denied(
    tenant: Tenant, pusher: Registry
) -> None:
    repository = f"{tenant.private}/app"
    scope = f"repository:{repository}:pull,push"
    image, late = make_image(), make_image()
    with pusher:
        pusher.push(image, repository, "v1")
        eventually(
            lambda: tenant.account.repository(repository), lambda found: found is not None, within=5
        )
        old = pusher.token(scope)
        assert (
            tenant.account.http.delete(f"/repositories/{repository}").status_code
            == httpx.codes.ACCEPTED
        )
        eventually(lambda: _granted(pusher, scope), lambda granted: not granted, within=1)
        eventually(
            lambda: tenant.account.http.get(f"/repositories/{repository}").status_code,
            lambda code: code == 404,
            within=10,
        )
        assert _pull_status(pusher, repository, image.manifest.digest, old) == 404
        with pytest.raises(httpx.HTTPStatusError) as refused:
            pusher.push_with(old, late, repository, "late")
        (error,) = refused.value.response.json()["errors"]
        assert (refused.value.response.status_code, error["code"]) == (403, "DENIED")
        assert "its name is reserved until" in error["message"]
        assert _pull_status(pusher, repository, late.manifest.digest, old) == 404
        assert not _granted(pusher, scope)
    assert tenant.account.repository(repository) is None


def _granted(registry: Registry, scope: str) -> bool:
    """Return whether a new token for ``scope`` allows an upload."""
    name = scope.split(":")[1]
    return (
        registry.start_upload(name, token=registry.token(scope)).status_code == httpx.codes.ACCEPTED
    )
