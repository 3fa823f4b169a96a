"""List tags and repositories (spec 15)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clients.conftest import Clients, Place
from tests.kit.clients.regctl import Regctl
from tests.kit.http.accounts import Account, unique
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant, new_tenant
from tests.kit.images import Image, make_image
from tests.kit.stack.run import Stack

TAGS = ("podman", "skopeo", "crane", "oras", "regctl")
REPOSITORIES = ("podman", "crane", "oras", "regctl")


@pytest.mark.parametrize("client", TAGS, indirect=True)
def test_list_tags(pusher: Any, place: Place, image: Image, shared_registry: Registry) -> None:
    for tag in ("v10", "v2", "V3"):
        shared_registry.push(image, place.name, tag)
    assert pusher.tags(place.repository) == ["V3", "v1", "v10", "v2"]


@pytest.mark.parametrize("client", TAGS, indirect=True)
def test_list_tags_over_several_pages(
    pusher: Any, stack: Stack, shared_tenant: Tenant, many_tags: str
) -> None:
    assert pusher.tags(f"{stack.registry}/{many_tags}") == [f"v{n:04}" for n in range(1010)]


@pytest.mark.parametrize("client", REPOSITORIES, indirect=True)
def test_list_repositories_that_the_user_can_pull(
    client: Any, stack: Stack, admin: Account, shared_tenant: Tenant, shared_registry: Registry
) -> None:
    mine, public = (
        f"{namespace}/{unique('listed')}"
        for namespace in (shared_tenant.private, shared_tenant.public)
    )
    shared_registry.push(make_image(), mine, "v1")
    with new_tenant(admin) as stranger, Registry(stack.url, stranger.granted.credentials) as theirs:
        stranger.account.grant(stranger.public, stranger.granted, "push")
        hidden, shown = f"{stranger.private}/hidden", f"{stranger.public}/shown"
        for name in (hidden, shown):
            theirs.push(make_image(), name, "v1")
        shared_tenant.account.grant(shared_tenant.public, shared_tenant.granted, "push")
        shared_registry.push(make_image(), public, "v1")
        seen = client.logged_in(stack.registry, shared_tenant.granted).repositories(stack.registry)
        assert {mine, public, shown} <= set(seen)
        assert hidden not in seen
        assert seen == sorted(seen)
        seen = client.logged_in(stack.registry, stranger.granted).repositories(stack.registry)
        assert {hidden, public, shown} <= set(seen)
        assert mine not in seen


def test_regctl_lists_repositories_by_pages(
    clients: Clients, stack: Stack, shared_tenant: Tenant, shared_registry: Registry
) -> None:
    for number in range(3):
        shared_registry.push(make_image(), f"{shared_tenant.private}/page-{number}", "v1")
    regctl = clients(Regctl).logged_in(stack.registry, shared_tenant.granted)
    everything = regctl.repositories(stack.registry)
    pages: list[str] = []
    while page := regctl.repositories(
        stack.registry, "--limit", "1", "--last", pages[-1] if pages else ""
    ):
        assert len(page) == 1
        pages += page
    assert pages == everything


@pytest.fixture(scope="module")
def many_tags(shared_tenant: Tenant, shared_registry: Registry) -> str:
    """A repository with more tags than clients ask for at once."""
    name = f"{shared_tenant.private}/many"
    image = make_image()
    token = shared_registry.token(f"repository:{name}:pull,push")
    shared_registry.upload(image, name, token=token)
    for number in range(1010):
        shared_registry.http.put(
            f"/v2/{name}/manifests/v{number:04}",
            content=image.manifest.content,
            headers={"Authorization": f"Bearer {token}", "Content-Type": image.manifest.media_type},
        ).raise_for_status()
    return name
