"""Clients list the tags of a repository, and search for the repositories that they can pull."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import pytest

from tests.kit.clients.podman import Podman
from tests.kit.clients.skopeo import Skopeo
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant
from tests.kit.http.tokens import claims_of, token_for
from tests.kit.images import make_image
from tests.kit.stack.run import Stack

pytestmark = pytest.mark.registry_versions


@pytest.fixture
def tags(tenant: Tenant, stack: Stack) -> list[str]:
    """The tags of `{private}/app`, in byte order. The repository `{private}/other` has one."""
    names = [f"v{number}" for number in range(12)]
    with Registry(stack.url, tenant.granted.credentials) as registry:
        for name in names:
            registry.push(make_image(), f"{tenant.private}/app", name)
        registry.push(make_image(), f"{tenant.private}/other", "v1")
    return sorted(names)


def test_skopeo_lists_tags(tenant: Tenant, skopeo: Skopeo, stack: Stack, tags: list[str]) -> None:
    skopeo.logged_in(stack.registry, tenant.granted)
    assert skopeo.tags(f"{stack.registry}/{tenant.private}/app") == tags


def test_podman_finds_the_repositories_that_it_can_pull(
    tenant: Tenant, podman: Podman, stack: Stack, tags: list[str]
) -> None:
    podman.logged_in(stack.registry, tenant.granted)
    found = podman.repositories(stack.registry)
    own = [path for path in found if path.startswith(f"{tenant.private}/")]
    assert own == [f"{tenant.private}/app", f"{tenant.private}/other"]
    assert podman.tags(f"{stack.registry}/{tenant.private}/app") == tags


def test_docker_user_without_a_grant_finds_nothing(
    tenant: Tenant, podman: Podman, stack: Stack, tags: list[str]
) -> None:
    assert tags
    podman.logged_in(stack.registry, tenant.other)
    found = podman.repositories(stack.registry)
    assert not [path for path in found if path.startswith(f"{tenant.private}/")]


def test_list_of_repositories_needs_a_login(
    tenant: Tenant, stack: Stack, http: httpx.Client, tags: list[str]
) -> None:
    refused = http.get("/v2/_catalog")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == (
        f'Bearer realm="{stack.url}/token",service="moorage",scope="registry:catalog:*"'
    )
    token = token_for(http, "registry:catalog:*")
    assert claims_of(token)["access"] == []
    assert http.get("/v2/_catalog", headers=_bearer(token)).status_code == 401

    token = token_for(http, "registry:catalog:*", auth=tenant.granted.credentials)
    listed: list[str] = []
    target = "/v2/_catalog?n=1"
    while target:
        answer = http.get(target, headers=_bearer(token))
        assert answer.status_code == 200
        listed += answer.json()["repositories"]
        target = answer.links.get("next", {}).get("url", "")
        assert not urlsplit(target).netloc
    own = [path for path in listed if path.startswith(f"{tenant.private}/")]
    assert own == [f"{tenant.private}/app", f"{tenant.private}/other"]
    assert listed == sorted(listed)
    assert tags


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
