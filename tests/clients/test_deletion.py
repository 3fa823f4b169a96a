"""Delete tags, manifests, and blobs (spec 15)."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.clients.conftest import Clients, Place
from tests.kit.clients.crane import Crane
from tests.kit.clients.oras import Oras
from tests.kit.clients.regctl import Regctl
from tests.kit.http.accounts import Account, DockerUser, unique
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant
from tests.kit.images import Image, make_index
from tests.kit.stack.run import Stack

ONE_TAG = ("crane", "regctl")
MANIFESTS = ("skopeo", "crane", "oras", "regctl")
BLOBS = ("oras", "regctl")


@pytest.fixture
def twin(place: Place, image: Image, shared_registry: Registry) -> Image:
    """The image of ``place``, which also has the tag v2."""
    shared_registry.push(image, place.name, "v2")
    return image


@pytest.mark.parametrize("client", ONE_TAG, indirect=True)
def test_delete_one_of_two_tags(
    remover: Any, place: Place, twin: Image, shared_tenant: Tenant, shared_registry: Registry
) -> None:
    delete = getattr(remover, "delete_tag", remover.delete)
    delete(place.tagged("v2")).checked()
    assert set(shared_tenant.account.tags(place.name)) == {"v1"}
    kept = shared_registry.manifest(place.name, "v1").raise_for_status()
    assert kept.content == twin.manifest.content
    assert shared_registry.manifest(place.name, "v2").status_code == 404


@pytest.mark.parametrize("client", MANIFESTS, indirect=True)
def test_delete_an_image(
    remover: Any,
    place: Place,
    twin: Image,
    deleter: DockerUser,
    shared_tenant: Tenant,
    shared_registry: Registry,
) -> None:
    remover.delete(place.at(twin.manifest.digest)).checked()
    assert shared_tenant.account.tags(place.name) == {}
    for reference in ("v1", "v2", twin.manifest.digest):
        assert shared_registry.manifest(place.name, reference).status_code == 404
    trashed = shared_tenant.account.call("GET", "/trash", params={"q": place.name})["items"]
    assert twin.manifest.digest in str(trashed)
    assert deleter.username in str(trashed)


@pytest.mark.parametrize("client", MANIFESTS, indirect=True)
def test_delete_an_index(
    remover: Any, place: Place, shared_tenant: Tenant, shared_registry: Registry
) -> None:
    index = make_index()
    shared_registry.push(index, place.name, "v1")
    remover.delete(place.at(index.manifest.digest)).checked()
    assert shared_tenant.account.tags(place.name) == {}


@pytest.mark.parametrize("client", MANIFESTS, indirect=True)
def test_delete_of_an_image_that_an_index_needs_fails(
    remover: Any, place: Place, shared_registry: Registry
) -> None:
    index = make_index()
    shared_registry.push(index, place.name, "v1")
    refused = remover.delete(place.at(index.images[0].manifest.digest))
    assert not refused.ok
    assert "v1" in refused.output or index.manifest.digest in refused.output


@pytest.mark.parametrize("client", MANIFESTS, indirect=True)
def test_delete_without_a_delete_grant_fails(
    pusher: Any, place: Place, image: Image, shared_tenant: Tenant
) -> None:
    refused = pusher.delete(place.at(image.manifest.digest))
    assert not refused.ok
    assert "grant" in refused.output
    assert "authentication required" not in refused.output
    assert set(shared_tenant.account.tags(place.name)) == {"v1"}


def test_crane_cannot_delete_a_tag_without_a_delete_grant(
    clients: Clients, stack: Stack, place: Place, image: Image, shared_tenant: Tenant
) -> None:
    crane = clients(Crane).logged_in(stack.registry, shared_tenant.granted)
    refused = crane.delete(place.tagged("v1"))
    assert not refused.ok
    assert "grant" in refused.output
    assert "authentication required" not in refused.output
    tags = shared_tenant.account.tags(place.name)
    assert {name: tag["digest"] for name, tag in tags.items()} == {"v1": image.manifest.digest}


def test_regctl_overwrites_a_tag_that_it_cannot_delete(
    clients: Clients,
    stack: Stack,
    place: Place,
    image: Image,
    shared_tenant: Tenant,
    shared_registry: Registry,
) -> None:
    """If the registry refuses, regctl pushes an image of its own to the tag, and deletes that.

    It does so after any refusal, so a registry cannot prevent it. The old image remains.
    """
    regctl = clients(Regctl).logged_in(stack.registry, shared_tenant.granted)
    refused = regctl.delete_tag(place.tagged("v1"))
    assert not refused.ok
    assert "grant" in refused.output
    assert set(shared_tenant.account.tags(place.name)) == {"v1"}
    assert shared_registry.manifest(place.name, image.manifest.digest).is_success


@pytest.mark.parametrize("client", BLOBS, indirect=True)
def test_delete_a_blob_that_nothing_needs(
    clients: Clients,
    remover: Any,
    stack: Stack,
    deleter: DockerUser,
    place: Place,
    image: Image,
    shared_registry: Registry,
) -> None:
    content = unique("blob")
    digest = f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"
    oras = clients(Oras).logged_in(stack.registry, deleter)
    oras.push_blob(place.repository, content).checked()
    token = shared_registry.token(f"repository:{place.name}:pull")
    assert shared_registry.blob(place.name, digest, token=token).status_code == 200
    remover.delete_blob(place.repository, digest).checked()
    assert shared_registry.blob(place.name, digest, token=token).status_code == 404


@pytest.mark.parametrize("client", BLOBS, indirect=True)
def test_delete_a_blob_of_an_image_fails(
    remover: Any, place: Place, image: Image, shared_registry: Registry
) -> None:
    refused = remover.delete_blob(place.repository, image.layers[0].digest)
    assert not refused.ok
    assert image.manifest.digest in refused.output or "v1" in refused.output
    token = shared_registry.token(f"repository:{place.name}:pull")
    assert shared_registry.blob(place.name, image.layers[0].digest, token=token).is_success


@pytest.mark.parametrize("client", MANIFESTS, indirect=True)
def test_push_again_after_a_deletion(
    remover: Any, place: Place, image: Image, shared_registry: Registry
) -> None:
    remover.delete(place.at(image.manifest.digest)).checked()
    remover.push(image, place.tagged("v1")).checked()
    assert shared_registry.manifest(place.name, "v1").is_success


def test_client_that_may_not_pull_learns_nothing_from_a_deletion(
    clients: Clients, stack: Stack, shared_tenant: Tenant, place: Place, image: Image
) -> None:
    regctl = clients(Regctl).logged_in(stack.registry, shared_tenant.other)
    missing = Place(stack, f"{unique('space')}/app")
    texts = []
    for where in (place, missing):
        refused = regctl.run("manifest", "delete", where.at(image.manifest.digest))
        assert not refused.ok
        texts.append(
            refused.output.replace(where.name, "NAME").replace(
                where.name.partition("/")[0], "SPACE"
            )
        )
    assert _without_times(texts[0]) == _without_times(texts[1])


def test_deletion_is_in_the_audit_trail(
    clients: Clients,
    stack: Stack,
    deleter: DockerUser,
    place: Place,
    image: Image,
    shared_tenant: Tenant,
) -> None:
    regctl = clients(Regctl).logged_in(stack.registry, deleter)
    regctl.delete(place.at(image.manifest.digest)).checked()
    account: Account = shared_tenant.account
    entries = account.call("GET", "/audit", params={"target": f"images/{place.name}"})["items"]
    deletions = [entry for entry in entries if entry["action"] == "image.delete"]
    assert [entry["docker_user"] for entry in deletions] == [deleter.username]


def _without_times(output: str) -> list[str]:
    return [line.partition("msg=")[2] or line for line in output.splitlines()]
