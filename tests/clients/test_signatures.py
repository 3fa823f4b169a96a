"""Sign and verify images with cosign (spec 15), without a transparency log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.host.privileges import run_user
from tests.clients.conftest import Clients, Place
from tests.kit.clients.cosign import Cosign, Mode
from tests.kit.clients.skopeo import Skopeo
from tests.kit.http.accounts import DockerUser, unique
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant
from tests.kit.images import Image, make_image
from tests.kit.install import Toolbox, registry_program, tools_folder
from tests.kit.pulls.counts import PullCounts
from tests.kit.servers.distribution import running_bare_distribution
from tests.kit.stack.run import Stack

MODES: tuple[Mode, ...] = ("tag", "referrer")


@pytest.fixture
def cosign(clients: Clients, stack: Stack, shared_tenant: Tenant) -> Cosign:
    """A cosign of the Docker user that can push."""
    return clients(Cosign).logged_in(stack.registry, shared_tenant.granted)


@pytest.mark.parametrize("mode", MODES)
def test_cosign_signs_and_verifies(
    mode: Mode, cosign: Cosign, place: Place, image: Image, shared_tenant: Tenant
) -> None:
    assert not cosign.verify(place.tagged("v1"), mode).ok
    cosign.sign(place.at(image.manifest.digest), mode).checked()
    cosign.verify(place.tagged("v1"), mode).checked()
    assert set(shared_tenant.account.tags(place.name)) == {"v1"}
    (shown,) = shared_tenant.account.call("GET", f"/images/{place.name}:v1")["referrers"]
    assert shown["kind"] == "signature"


@pytest.mark.parametrize("mode", MODES)
def test_cosign_shows_a_tree(mode: Mode, cosign: Cosign, place: Place, image: Image) -> None:
    cosign.sign(place.at(image.manifest.digest), mode).checked()
    tree = cosign.tree(place.tagged("v1"), mode)
    assert "No Supply Chain Security Related Artifacts" not in tree
    assert "ignature" in tree or "cosign" in tree


def test_cosign_attests_and_verifies_the_attestation(
    cosign: Cosign, place: Place, image: Image, shared_tenant: Tenant
) -> None:
    cosign.attest(place.at(image.manifest.digest), '{"checked": true}').checked()
    cosign.verify_attestation(place.tagged("v1")).checked()
    (shown,) = shared_tenant.account.call("GET", f"/images/{place.name}:v1")["referrers"]
    assert shown["kind"] == "attestation"


def test_cosign_attaches_an_sbom(
    cosign: Cosign, place: Place, image: Image, shared_tenant: Tenant
) -> None:
    cosign.attach_sbom(place.at(image.manifest.digest), '{"spdxVersion": "SPDX-2.3"}').checked()
    (shown,) = shared_tenant.account.call("GET", f"/images/{place.name}:v1")["referrers"]
    assert shown["kind"] == "sbom"
    assert set(shared_tenant.account.tags(place.name)) == {"v1"}


def test_cosign_copies_an_image_with_its_signature(
    cosign: Cosign, place: Place, image: Image
) -> None:
    cosign.sign(place.at(image.manifest.digest)).checked()
    target = place.beside()
    cosign.copy(place.tagged("v1"), target.tagged("v1")).checked()
    cosign.verify(target.tagged("v1")).checked()


def test_cosign_cleans_what_is_attached(
    cosign: Cosign,
    stack: Stack,
    deleter: DockerUser,
    place: Place,
    image: Image,
    shared_registry: Registry,
) -> None:
    cosign.logged_in(stack.registry, deleter)
    cosign.sign(place.at(image.manifest.digest)).checked()
    cosign.attest(place.at(image.manifest.digest), '{"checked": true}').checked()
    cosign.clean(place.tagged("v1")).checked()
    assert not cosign.verify(place.tagged("v1")).ok
    assert not cosign.verify_attestation(place.tagged("v1")).ok
    assert shared_registry.manifest(place.name, "v1").is_success


@pytest.mark.parametrize("mode", MODES)
def test_verification_is_no_pull_of_the_image(
    mode: Mode, cosign: Cosign, place: Place, image: Image, pull_counts: PullCounts
) -> None:
    cosign.sign(place.at(image.manifest.digest), mode).checked()
    pull_counts.settle()
    before = pull_counts.of(place.name, "v1").get("v1", (0, 0))
    cosign.verify(place.tagged("v1"), mode).checked()
    pull_counts.settle()
    assert pull_counts.of(place.name, "v1").get("v1", (0, 0))[0] == before[0]


@pytest.mark.parametrize("mode", MODES)
def test_preview_of_a_deletion_names_the_signature(
    mode: Mode,
    cosign: Cosign,
    place: Place,
    image: Image,
    shared_tenant: Tenant,
    shared_registry: Registry,
) -> None:
    cosign.sign(place.at(image.manifest.digest), mode).checked()
    path = f"/images/{place.name}@{image.manifest.digest}"
    (named,) = shared_tenant.account.call("GET", path, params={"preview": "delete"})["referrers"]
    assert named["kind"] == "signature"
    shared_tenant.account.call("DELETE", path)
    # Garbage collection deletes the signature. Its tag ends with the image.
    signature = f"{image.manifest.digest.replace(':', '-')}.sig"
    for reference in (image.manifest.digest, signature):
        assert shared_registry.manifest(place.name, reference).status_code == 404


@pytest.mark.parametrize("mode", MODES)
def test_restored_image_still_verifies(
    mode: Mode, cosign: Cosign, place: Place, image: Image, shared_tenant: Tenant
) -> None:
    cosign.sign(place.at(image.manifest.digest), mode).checked()
    account = shared_tenant.account
    account.call("DELETE", f"/images/{place.name}@{image.manifest.digest}")
    assert not cosign.verify(place.tagged("v1"), mode).ok
    entries = account.call("GET", "/trash", params={"q": place.name})["items"]
    entry = next(item for item in entries if image.manifest.digest in str(item))
    account.call("POST", f"/trash/{entry['id']}/restore", json={})
    cosign.verify(place.tagged("v1"), mode).checked()


@pytest.mark.parametrize("mode", MODES)
def test_signature_verifies_where_the_api_has_copied_the_image(
    mode: Mode,
    cosign: Cosign,
    place: Place,
    image: Image,
    shared_tenant: Tenant,
    shared_registry: Registry,
) -> None:
    cosign.sign(place.at(image.manifest.digest), mode).checked()
    target = place.beside()
    body = {"source": f"{place.name}:v1", "tag": "production"}
    shared_tenant.account.call("POST", f"/images/{target.name}/copy", json=body)
    cosign.verify(target.tagged("production"), mode).checked()
    listed = [
        shared_registry.referrers(name, image.manifest.digest).json()["manifests"]
        for name in (place.name, target.name)
    ]
    assert listed[0] == listed[1]
    assert set(shared_tenant.account.tags(target.name)) == {"production"}


@pytest.fixture(scope="module")
def older_registry(folder: Path) -> Iterator[str]:
    """The address of a Distribution without a referrers API, as before an upgrade."""
    program = registry_program()
    user = run_user([tools_folder()])
    place = folder / unique("older")
    place.mkdir()
    for made in (folder, place):
        made.chmod(0o755)
    with running_bare_distribution(program, user, place / "registry") as running:
        yield running.address.replace("127.0.0.1", "localhost")


@pytest.mark.parametrize("mode", MODES)
def test_signature_with_a_fallback_tag_still_verifies(
    mode: Mode,
    cosign: Cosign,
    tools: Toolbox,
    clients: Clients,
    older_registry: str,
    place: Place,
    stack: Stack,
    shared_tenant: Tenant,
) -> None:
    """A signature from before the upgrade came through a fallback tag, as skopeo copies it here."""
    image = make_image()
    skopeo: Skopeo = clients.named("skopeo").logged_in(stack.registry, shared_tenant.granted)
    older = f"{older_registry}/{place.name}"
    skopeo.push(image, f"{older}:v1").checked()
    cosign.sign(f"{older}@{image.manifest.digest}", mode).checked()
    cosign.verify(f"{older}:v1", mode).checked()
    tags = skopeo.tags(older)
    assert len(tags) == 2
    for tag in tags:
        skopeo.copy(f"{older}:{tag}", place.tagged(tag)).checked()
    cosign.verify(place.tagged("v1"), mode).checked()
    assert set(shared_tenant.account.tags(place.name)) == {"v1"}
    (shown,) = shared_tenant.account.call("GET", f"/images/{place.name}:v1")["referrers"]
    assert shown["kind"] == "signature"
    assert skopeo.tags(place.repository) == sorted(tags)
