"""Log in, push, pull, copy, and tag images (spec 15)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.clients.conftest import Clients, Place
from tests.kit.clients.docker import Docker
from tests.kit.clients.oras import Oras
from tests.kit.http.accounts import unique
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant
from tests.kit.images import Image, make_image, make_index
from tests.kit.stack.run import Stack

LOGIN = ("docker", "podman", "buildah", "skopeo", "crane", "oras", "regctl", "helm", "cosign")
CHECKED = ("docker", "podman", "buildah", "skopeo", "oras", "regctl", "helm")
"""Clients that send the password before they store it. crane and cosign do not."""
IMAGES = ("docker", "podman", "buildah", "skopeo", "ctr", "crane", "oras", "regctl")
INDEXES = ("docker", "podman", "skopeo", "oras", "regctl")


@pytest.mark.parametrize("client", LOGIN, indirect=True)
def test_log_in(client: Any, stack: Stack, shared_tenant: Tenant) -> None:
    user = shared_tenant.granted
    assert client.login(stack.registry, user.username, user.password).ok


@pytest.mark.parametrize("client", CHECKED, indirect=True)
def test_log_in_with_a_wrong_password_fails(
    client: Any, stack: Stack, shared_tenant: Tenant
) -> None:
    refused = client.login(stack.registry, shared_tenant.granted.username, "wrong-password")
    assert not refused.ok
    assert re.search("unauthorized|invalid username/password", refused.output, re.IGNORECASE)


@pytest.mark.parametrize("client", IMAGES, indirect=True)
def test_push(pusher: Any, place: Place, shared_tenant: Tenant, shared_registry: Registry) -> None:
    pushed = make_image()
    pusher.push(pushed, place.tagged("v1")).checked()
    assert _config(shared_registry, place.name, "v1") == pushed.config.digest
    assert set(shared_tenant.account.tags(place.name)) == {"v1"}


@pytest.mark.parametrize("client", INDEXES, indirect=True)
def test_push_an_index(pusher: Any, place: Place, shared_tenant: Tenant) -> None:
    pusher.push(make_index(), place.tagged("v1")).checked()
    platforms = shared_tenant.account.tags(place.name)["v1"]["platforms"]
    assert len(platforms) == 2


@pytest.mark.parametrize("client", IMAGES, indirect=True)
def test_pull(pusher: Any, place: Place, image: Image) -> None:
    pusher.pull(place.tagged("v1")).checked()
    _assert_pulled(pusher, place.tagged("v1"), image)


@pytest.mark.parametrize("client", IMAGES, indirect=True)
def test_pull_by_digest(pusher: Any, place: Place, image: Image) -> None:
    reference = place.at(image.manifest.digest)
    pusher.pull(reference).checked()
    _assert_pulled(pusher, reference, image)


@pytest.mark.parametrize("client", IMAGES, indirect=True)
def test_copy_to_another_repository(
    pusher: Any, place: Place, image: Image, shared_registry: Registry
) -> None:
    target = place.beside()
    pusher.copy(place.tagged("v1"), target.tagged("v2")).checked()
    assert _config(shared_registry, target.name, "v2") == image.config.digest


@pytest.mark.parametrize("client", IMAGES, indirect=True)
def test_tag(
    pusher: Any, place: Place, image: Image, shared_tenant: Tenant, shared_registry: Registry
) -> None:
    if hasattr(pusher, "tag"):
        pusher.tag(place.tagged("v1"), "v2").checked()
    else:
        pusher.copy(place.tagged("v1"), place.tagged("v2")).checked()
    assert _config(shared_registry, place.name, "v2") == image.config.digest
    assert set(shared_tenant.account.tags(place.name)) == {"v1", "v2"}


def test_docker_shows_a_manifest(
    clients: Clients, stack: Stack, shared_tenant: Tenant, place: Place, image: Image
) -> None:
    docker: Docker = clients.named("docker").logged_in(stack.registry, shared_tenant.granted)
    assert image.config.digest in docker.inspect(place.tagged("v1")).checked().stdout


def test_oras_pushes_and_pulls_a_file(
    clients: Clients, stack: Stack, shared_tenant: Tenant, place: Place
) -> None:
    oras = clients(Oras).logged_in(stack.registry, shared_tenant.granted)
    content = unique("content")
    oras.push_file(content, place.tagged("v1")).checked()
    assert oras.pull_file(place.tagged("v1")) == content


def test_client_without_a_grant_cannot_pull(
    clients: Clients, stack: Stack, shared_tenant: Tenant, place: Place, image: Image
) -> None:
    oras = clients(Oras).logged_in(stack.registry, shared_tenant.other)
    refused = oras.pull(place.tagged("v1"))
    assert not refused.ok
    assert image.manifest.digest not in refused.output


def _assert_pulled(client: Any, reference: str, image: Image) -> None:
    if hasattr(client, "pulled_config"):
        assert client.pulled_config(reference) == image.config.digest
    else:
        assert client.pulled_digest(reference) == image.manifest.digest


def _config(registry: Registry, repository: str, tag: str) -> str:
    """Return the config digest of a tag in the registry."""
    accept = ", ".join(
        (
            "application/vnd.oci.image.manifest.v1+json",
            "application/vnd.docker.distribution.manifest.v2+json",
        )
    )
    token = registry.token(f"repository:{repository}:pull")
    answer = registry.http.get(
        f"/v2/{repository}/manifests/{tag}",
        headers={"Authorization": f"Bearer {token}", "Accept": accept},
    )
    digest: str = answer.raise_for_status().json()["config"]["digest"]
    return digest
