"""Attach artifacts to images, and discover them (spec 15)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.clients.conftest import Clients, Place
from tests.kit.clients.oras import Oras
from tests.kit.clients.regctl import Regctl
from tests.kit.http.accounts import DockerUser
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant
from tests.kit.images import Image
from tests.kit.pulls.counts import PullCounts
from tests.kit.stack.run import Stack

CLIENTS = ("oras", "regctl")
SBOM, SCAN = "application/spdx+json", "application/vnd.example.scan"
FALLBACK = ("--distribution-spec", "v1.1-referrers-tag")
FILTER = {"oras": "--artifact-type", "regctl": "--filter-artifact-type"}


@pytest.mark.parametrize("client", CLIENTS, indirect=True)
def test_attach(
    pusher: Any, place: Place, image: Image, shared_registry: Registry, shared_tenant: Tenant
) -> None:
    pusher.attach(place.tagged("v1"), SBOM, "one").checked()
    (item,) = _referrers(shared_registry, place, image)
    assert item["artifactType"] == SBOM
    # With the referrers API, no client writes a fallback tag.
    assert _all_tags(shared_registry, place) == ["v1"]
    (shown,) = shared_tenant.account.call("GET", f"/images/{place.name}:v1")["referrers"]
    assert (shown["digest"], shown["kind"]) == (item["digest"], "sbom")


@pytest.mark.parametrize("client", CLIENTS, indirect=True)
def test_discover(
    request: pytest.FixtureRequest,
    clients: Clients,
    pusher: Any,
    stack: Stack,
    shared_tenant: Tenant,
    shared_registry: Registry,
    place: Place,
    image: Image,
) -> None:
    oras = clients(Oras).logged_in(stack.registry, shared_tenant.granted)
    assert pusher.referrers(place.tagged("v1")) == []
    oras.attach(place.tagged("v1"), SBOM, "one").checked()
    oras.attach(place.tagged("v1"), SCAN, "two").checked()
    oras.attach(place.tagged("v1"), SCAN, "three", *FALLBACK).checked()
    stored = {item["digest"] for item in _referrers(shared_registry, place, image)}
    assert len(stored) == 3
    assert set(pusher.referrers(place.tagged("v1"))) == stored
    option = FILTER[request.node.callspec.params["client"]]
    assert len(pusher.referrers(place.tagged("v1"), option, SCAN)) == 2


@pytest.mark.parametrize("client", CLIENTS, indirect=True)
def test_show_a_tree(pusher: Any, place: Place, image: Image, shared_registry: Registry) -> None:
    pusher.attach(place.tagged("v1"), SBOM, "one").checked()
    (item,) = _referrers(shared_registry, place, image)
    pusher.attach(place.at(item["digest"]), SCAN, "two").checked()
    tree = pusher.tree(place.tagged("v1"))
    assert item["digest"] in tree
    assert SCAN in tree


@pytest.mark.parametrize("client", CLIENTS, indirect=True)
def test_copy_with_referrers(
    request: pytest.FixtureRequest,
    pusher: Any,
    place: Place,
    image: Image,
    shared_registry: Registry,
) -> None:
    pusher.attach(place.tagged("v1"), SBOM, "one").checked()
    target = place.beside()
    option = {"oras": "--recursive", "regctl": "--referrers"}
    client: str = request.node.callspec.params["client"]
    pusher.copy(place.tagged("v1"), target.tagged("v1"), option[client]).checked()
    assert _referrers(shared_registry, target, image) == _referrers(shared_registry, place, image)


@pytest.mark.parametrize("client", CLIENTS, indirect=True)
def test_delete_a_referrer(
    remover: Any, place: Place, image: Image, shared_registry: Registry
) -> None:
    remover.attach(place.tagged("v1"), SBOM, "one").checked()
    (item,) = _referrers(shared_registry, place, image)
    remover.delete(place.at(item["digest"])).checked()
    assert _referrers(shared_registry, place, image) == []
    assert remover.referrers(place.tagged("v1")) == []
    assert shared_registry.manifest(place.name, "v1").is_success


def test_fallback_tag_is_hidden_but_stays_pullable(
    clients: Clients,
    stack: Stack,
    place: Place,
    image: Image,
    shared_registry: Registry,
    shared_tenant: Tenant,
) -> None:
    oras = clients(Oras).logged_in(stack.registry, shared_tenant.granted)
    oras.attach(place.tagged("v1"), SBOM, "one", *FALLBACK).checked()
    fallback = image.manifest.digest.replace(":", "-")
    assert set(shared_tenant.account.tags(place.name)) == {"v1"}
    assert _all_tags(shared_registry, place) == [fallback, "v1"]
    listed = json.loads(shared_registry.manifest(place.name, fallback).raise_for_status().content)
    assert [item["digest"] for item in listed["manifests"]] == oras.referrers(place.tagged("v1"))
    assert oras.referrers(place.tagged("v1"), *FALLBACK) == oras.referrers(place.tagged("v1"))


def test_regctl_deletes_an_image_that_has_referrers(
    clients: Clients,
    stack: Stack,
    deleter: DockerUser,
    place: Place,
    image: Image,
    shared_registry: Registry,
) -> None:
    regctl = clients(Regctl).logged_in(stack.registry, deleter)
    regctl.attach(place.tagged("v1"), SBOM, "one").checked()
    options = ("manifest", "delete", "--referrers", place.at(image.manifest.digest))
    regctl.run(*options).checked()
    for reference in ("v1", image.manifest.digest):
        assert shared_registry.manifest(place.name, reference).status_code == 404


def test_pull_of_a_referrer_is_a_pull_of_no_tag(
    clients: Clients,
    stack: Stack,
    place: Place,
    image: Image,
    pull_counts: PullCounts,
    shared_registry: Registry,
    shared_tenant: Tenant,
) -> None:
    oras = clients(Oras).logged_in(stack.registry, shared_tenant.granted)
    oras.attach(place.tagged("v1"), SBOM, "one").checked()
    (item,) = _referrers(shared_registry, place, image)
    pull_counts.settle()
    before = pull_counts.of(place.name, "v1").get("v1", (0, 0))
    # Another address and user agent than those that have just asked for the tag.
    assert oras.pull_file(place.at(item["digest"])) == "one"
    pull_counts.settle()
    assert pull_counts.of(place.name, "v1").get("v1", (0, 0))[0] == before[0]


def _referrers(registry: Registry, place: Place, image: Image) -> list[dict[str, Any]]:
    """Return the descriptors that the referrers API lists for an image."""
    answer = registry.http.get(
        f"/v2/{place.name}/referrers/{image.manifest.digest}", headers=_bearer(registry, place)
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/vnd.oci.image.index.v1+json"
    items: list[dict[str, Any]] = answer.json()["manifests"]
    return items


def _all_tags(registry: Registry, place: Place) -> list[str]:
    """Return the tags that `tags/list` lists."""
    answer = registry.http.get(f"/v2/{place.name}/tags/list", headers=_bearer(registry, place))
    tags: list[str] = answer.raise_for_status().json()["tags"]
    return tags


def _bearer(registry: Registry, place: Place) -> dict[str, str]:
    return {"Authorization": f"Bearer {registry.token(f'repository:{place.name}:pull')}"}
