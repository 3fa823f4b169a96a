"""A new user with each real client: log in, push, pull, be denied, and list the image."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.kit.clients.base import Client, NewClient
from tests.kit.clients.skopeo import Skopeo
from tests.kit.http.accounts import Account
from tests.kit.http.tenant import Tenant
from tests.kit.images import Image, Index, make_image, make_index, write_skopeo_folder
from tests.kit.stack.run import Stack
from tests.kit.waiting import eventually

SHOWN_WITHIN_SECONDS = 2.0
"""The API shows a push or a pull within this time (spec 5 and 6)."""

DENIED = ("denied", "unauthorized", "authentication required", "access to the resource is denied")

MakeContent = Callable[[], Image | Index]


@pytest.fixture(params=["one-platform", "two-platforms"])
def make_content(request: pytest.FixtureRequest) -> MakeContent:
    """Makes an image for one platform, or an index for two."""
    return make_image if request.param == "one-platform" else make_index


def native(content: Image | Index) -> Image:
    """Return the image for this machine's platform."""
    return content if isinstance(content, Image) else content.native


def assert_denied(client: Client, action: str, *arguments: Any) -> None:
    outcome = getattr(client, action)(*arguments)
    assert not outcome.ok, f"{client.name} {action} was allowed: {outcome.output}"
    assert any(word in outcome.output.lower() for word in DENIED), outcome.output


@pytest.fixture
def published(tenant: Tenant, skopeo: Skopeo, stack: Stack) -> Callable[[str], tuple[str, Image]]:
    """Pushes an image to a namespace as a new Docker user; returns its reference and the image."""

    def publish(namespace: str) -> tuple[str, Image]:
        publisher = tenant.account.make_docker_user()
        tenant.account.grant(namespace, publisher, "push")
        image, reference = make_image(), f"{stack.registry}/{namespace}/app:v1"
        skopeo.logged_in(stack.registry, publisher)
        skopeo.push(image, reference).checked()
        return reference, image

    return publish


def test_anonymous_client_can_neither_pull_nor_push(
    tenant: Tenant, new_client: NewClient, published: Callable[[str], tuple[str, Image]]
) -> None:
    anonymous = new_client()
    for namespace in (tenant.private, tenant.public):
        reference, _ = published(namespace)
        assert_denied(anonymous, "pull", reference)
        assert_denied(anonymous, "push", make_image(), reference)


def test_wrong_password_is_refused_at_login(
    tenant: Tenant, new_client: NewClient, stack: Stack
) -> None:
    client = new_client()
    refused = client.login(stack.registry, tenant.granted.username, f"{tenant.granted.password}x")
    assert not refused.ok
    assert any(
        word in refused.output.lower() for word in ("unauthorized", "invalid username/password")
    ), refused.output


def test_user_with_a_push_grant_pushes_and_pulls_the_same_image(
    tenant: Tenant, new_client: NewClient, make_content: MakeContent, stack: Stack
) -> None:
    content, reference = make_content(), f"{stack.registry}/{tenant.private}/team/app:v1"
    new_client().logged_in(stack.registry, tenant.granted).push(content, reference).checked()
    puller = new_client().logged_in(stack.registry, tenant.granted)
    puller.pull(reference).checked()
    assert puller.pulled_config(reference) == native(content).config.digest


def test_user_without_a_grant_is_denied_in_a_private_namespace(
    tenant: Tenant,
    new_client: NewClient,
    published: Callable[[str], tuple[str, Image]],
    stack: Stack,
) -> None:
    reference, _ = published(tenant.private)
    other = new_client().logged_in(stack.registry, tenant.other)
    assert_denied(other, "pull", reference)
    assert_denied(other, "push", make_image(), reference)


def test_user_with_a_pull_grant_can_pull_but_not_push(
    tenant: Tenant,
    new_client: NewClient,
    published: Callable[[str], tuple[str, Image]],
    stack: Stack,
) -> None:
    reference, image = published(tenant.private)
    tenant.account.grant(tenant.private, tenant.other, "pull")
    other = new_client().logged_in(stack.registry, tenant.other)
    other.pull(reference).checked()
    assert other.pulled_config(reference) == image.config.digest
    assert_denied(other, "push", make_image(), reference)


def test_every_user_can_pull_from_a_public_namespace_but_not_push_without_a_grant(
    tenant: Tenant,
    new_client: NewClient,
    published: Callable[[str], tuple[str, Image]],
    stack: Stack,
) -> None:
    reference, image = published(tenant.public)
    for user in (tenant.granted, tenant.other):
        client = new_client().logged_in(stack.registry, user)
        client.pull(reference).checked()
        assert client.pulled_config(reference) == image.config.digest
        assert_denied(client, "push", make_image(), reference)


def test_user_of_another_account_can_pull_from_a_public_but_not_from_a_private_namespace(
    admin: Account,
    tenant: Tenant,
    new_client: NewClient,
    published: Callable[[str], tuple[str, Image]],
    stack: Stack,
) -> None:
    with admin.make_account() as stranger:
        client = new_client().logged_in(stack.registry, stranger.make_docker_user())
        client.pull(published(tenant.public)[0]).checked()
        assert_denied(client, "pull", published(tenant.private)[0])


def test_the_list_shows_the_push_and_then_one_pull(
    tenant: Tenant, new_client: NewClient, make_content: MakeContent, stack: Stack
) -> None:
    content, name = make_content(), f"{tenant.private}/app"
    reference = f"{stack.registry}/{name}:v1"
    client = new_client().logged_in(stack.registry, tenant.granted)
    client.push(content, reference).checked()

    tag = eventually(
        lambda: tenant.account.tags(name).get("v1"),
        within=SHOWN_WITHIN_SECONDS,
        what="the tag in the list",
    )
    assert tag is not None
    assert tag["pushed_by"] == tenant.granted.username
    assert tag["pull_count"] == 0
    assert len(tag["platforms"]) == (1 if isinstance(content, Image) else 2)
    listed = tenant.account.repository(name)
    assert listed is not None
    assert listed["status"] == "active"
    assert listed["last_pushed_at"] is not None
    before = listed["pull_count"]  # `docker manifest create` pulls the images of the index

    client.pull(reference).checked()
    eventually(
        lambda: tenant.account.tags(name)["v1"]["pull_count"],
        lambda count: count == 1,
        within=SHOWN_WITHIN_SECONDS,
        what="one pull of the tag",
    )
    eventually(
        lambda: tenant.account.repository(name),
        lambda entry: (
            entry is not None
            and entry["pull_count"] == before + 1
            and entry["last_pulled_at"] is not None
        ),
        within=SHOWN_WITHIN_SECONDS,
        what="one pull of the repository",
    )


def test_a_listed_tag_has_the_digest_and_size_of_the_pushed_image(
    tenant: Tenant, skopeo: Skopeo, stack: Stack
) -> None:
    image, index, name = make_image(layers=3), make_index(), f"{tenant.private}/app"
    skopeo.logged_in(stack.registry, tenant.granted)
    skopeo.push(image, f"{stack.registry}/{name}:image").checked()
    skopeo.push(index, f"{stack.registry}/{name}:index").checked()
    tags = eventually(
        lambda: tenant.account.tags(name),
        lambda seen: len(seen) == 2,
        within=SHOWN_WITHIN_SECONDS,
        what="both tags",
    )
    assert tags["image"]["digest"] == image.manifest.digest
    assert tags["image"]["media_type"] == image.manifest.media_type
    assert tags["image"]["size_bytes"] == image.size_bytes
    assert tags["index"]["digest"] == index.manifest.digest
    assert tags["index"]["media_type"] == index.manifest.media_type
    assert tags["index"]["size_bytes"] == sum(each.size_bytes for each in index.images)


@pytest.mark.parametrize("make", [make_image, make_index])
def test_a_manifest_with_docker_media_types_is_served_byte_for_byte(
    tenant: Tenant, skopeo: Skopeo, stack: Stack, make: Callable[..., Image | Index]
) -> None:
    content, reference = make(kind="docker"), f"{stack.registry}/{tenant.private}/app:v2s2"
    skopeo.logged_in(stack.registry, tenant.granted)
    folder = write_skopeo_folder(content, skopeo.home / "images" / "docker-types")
    skopeo.push_from(f"dir:{folder}", reference).checked()
    assert skopeo.raw_manifest(reference) == content.manifest.content


def test_an_index_is_served_byte_for_byte(tenant: Tenant, skopeo: Skopeo, stack: Stack) -> None:
    index, reference = make_index(), f"{stack.registry}/{tenant.private}/app:all"
    skopeo.logged_in(stack.registry, tenant.granted)
    skopeo.push(index, reference).checked()
    skopeo.pull(reference, all_platforms=True).checked()
    assert skopeo.pulled_manifest(reference) == index.manifest


def test_a_user_with_a_push_grant_cannot_delete_over_the_registry_api(
    tenant: Tenant, skopeo: Skopeo, published: Callable[[str], tuple[str, Image]], stack: Stack
) -> None:
    reference, image = published(tenant.private)
    skopeo.logged_in(stack.registry, tenant.granted)
    assert not skopeo.delete(reference).ok
    skopeo.pull(reference).checked()
    assert skopeo.pulled_manifest(reference) == image.manifest


SCRIPTS = [
    "密码口令一二三四",
    "Пароль-длинный",
    "كلمة المرور سرية",
    "pâss wörd:with:colons",
    "🔑🔑🔑🔑🔑🔑🔑🔑",
    "\"quotes' \\and $more",
]


@pytest.mark.parametrize("password", SCRIPTS)
def test_a_password_in_any_script_can_log_in(
    tenant: Tenant, new_client: NewClient, stack: Stack, password: str
) -> None:
    user = tenant.account.make_docker_user(password=password)
    reference = f"{stack.registry}/{tenant.private}/app:v1"
    tenant.account.grant(tenant.private, user, "push")
    client = new_client()
    assert not client.login(stack.registry, user.username, password[:-1]).ok
    client.logged_in(stack.registry, user).push(make_image(), reference).checked()
