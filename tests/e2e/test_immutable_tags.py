"""Immutable tags as the users of docker, podman, and skopeo see them (spec 11)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.kit.clients.base import NewClient
from tests.kit.clients.docker import Docker
from tests.kit.clients.podman import Podman
from tests.kit.clients.skopeo import Skopeo
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant
from tests.kit.images import make_image, make_index, make_variants
from tests.kit.stack.run import Stack

_MESSAGE = "tag v1 is immutable"


def _protect(tenant: Tenant, *patterns: str) -> None:
    tenant.account.call(
        "PUT", f"/namespaces/{tenant.private}/rules", json={"immutable_tags": list(patterns)}
    )


def test_client_prints_that_the_tag_is_immutable(
    new_client: NewClient, tenant: Tenant, stack: Stack
) -> None:
    _protect(tenant, "v*")
    client = new_client().logged_in(stack.registry, tenant.granted)
    place = f"{stack.registry}/{tenant.private}/app"
    one, two = make_image(), make_image()
    client.push(one, f"{place}:v1").checked()
    refused = client.push(two, f"{place}:v1")
    assert not refused.ok
    assert _MESSAGE in refused.output
    client.push(one, f"{place}:v1").checked()
    client.push(two, f"{place}:v2").checked()
    client.push(two, f"{place}:latest").checked()
    client.push(one, f"{place}:latest").checked()
    client.pull(f"{place}:v1").checked()
    assert client.pulled_config(f"{place}:v1") == one.config.digest


def test_client_cannot_replace_an_immutable_tag_by_an_index(
    new_client: NewClient, tenant: Tenant, stack: Stack
) -> None:
    _protect(tenant, "v1")
    client = new_client().logged_in(stack.registry, tenant.granted)
    reference = f"{stack.registry}/{tenant.private}/app:v1"
    index = make_index()
    client.push(index, reference).checked()
    refused = client.push(make_index(), reference)
    assert not refused.ok
    assert _MESSAGE in refused.output
    client.pull(reference).checked()
    assert client.pulled_config(reference) == index.native.config.digest


def test_skopeo_prints_that_an_immutable_tag_cannot_be_deleted(
    skopeo: Skopeo, tenant: Tenant, stack: Stack
) -> None:
    tenant.account.grant(tenant.private, tenant.granted, "delete")
    with Registry(stack.url, tenant.granted.credentials) as registry:
        registry.push(make_image(), f"{tenant.private}/app", "v1")
    _protect(tenant, "v*")
    skopeo.logged_in(stack.registry, tenant.granted)
    refused = skopeo.delete(f"{stack.registry}/{tenant.private}/app:v1")
    assert not refused.ok
    assert _MESSAGE in refused.output
    assert set(tenant.account.tags(f"{tenant.private}/app")) == {"v1"}


def test_of_100_concurrent_pushes_of_a_new_immutable_tag_exactly_one_wins(
    docker: Docker, podman: Podman, tenant: Tenant, stack: Stack
) -> None:
    """98 other clients, docker, and podman push another image each."""
    _protect(tenant, "v*")
    repository = f"{tenant.private}/app"
    reference = f"{stack.registry}/{repository}:v1"
    images = make_variants(make_image(), 98)
    with Registry(stack.url, tenant.granted.credentials) as registry:
        token = registry.token(f"repository:{repository}:pull,push")
        registry.upload(images[0], repository, token=token)

        def push_with(program: Docker | Podman) -> tuple[bool, str]:
            pushed = program.logged_in(stack.registry, tenant.granted).push(make_image(), reference)
            return pushed.ok, pushed.output

        def push(number: int) -> tuple[bool, str]:
            manifest = images[number].manifest
            answer = registry.http.put(
                f"/v2/{repository}/manifests/v1",
                content=manifest.content,
                headers={
                    "Authorization": f"Bearer {token}",
                    "Content-Type": manifest.media_type,
                },
            )
            return answer.is_success, answer.text

        with ThreadPoolExecutor(100) as threads:
            begun = [threads.submit(push_with, one) for one in (docker, podman)]
            begun += [threads.submit(push, number) for number in range(98)]
            results = [one.result() for one in begun]
    assert [won for won, _ in results].count(True) == 1
    assert [text for won, text in results if not won and _MESSAGE not in text] == []
    assert set(tenant.account.tags(repository)) == {"v1"}
