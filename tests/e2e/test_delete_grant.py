"""Tokens of the grant `delete`, and `skopeo delete` with and without it (spec 2.5)."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.kit.clients.skopeo import Skopeo
from tests.kit.http.accounts import DockerUser
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant
from tests.kit.http.tokens import access_of, request_token
from tests.kit.images import make_image
from tests.kit.stack.run import Stack
from tests.kit.waiting import eventually

pytestmark = pytest.mark.registry_versions

_REQUESTED = re.compile(r"(?P<method>GET|POST|DELETE) (?P<address>http\S+?)\"?$", re.MULTILINE)
"""A request in the output of `skopeo --debug`."""


@pytest.fixture
def image(tenant: Tenant, stack: Stack) -> str:
    """An image that `tenant.granted`, which has a push grant, has pushed."""
    with Registry(stack.url, tenant.granted.credentials) as registry:
        registry.push(make_image(), f"{tenant.private}/app", "v1")
    return f"{tenant.private}/app:v1"


def test_skopeo_prints_who_can_delete_if_the_docker_user_has_no_delete_grant(
    skopeo: Skopeo, tenant: Tenant, stack: Stack, image: str
) -> None:
    skopeo.logged_in(stack.registry, tenant.granted)
    refused = skopeo.delete(f"{stack.registry}/{image}")
    assert not refused.ok
    assert "the owner of the namespace" in refused.stderr
    assert "authentication required" not in refused.stderr
    assert tenant.account.tags(image.partition(":")[0]).keys() == {"v1"}


def test_skopeo_deletes_as_soon_as_the_docker_user_has_a_delete_grant(
    skopeo: Skopeo, tenant: Tenant, stack: Stack, image: str, http: httpx.Client
) -> None:
    repository = image.partition(":")[0]
    skopeo.logged_in(stack.registry, tenant.granted)
    assert not skopeo.delete(f"{stack.registry}/{image}").ok
    tenant.account.grant(tenant.private, tenant.granted, "delete")
    eventually(
        lambda: _granted(http, tenant.granted, f"repository:{repository}:delete"),
        within=1,
        what="the delete grant in new tokens",
    )
    skopeo.delete(f"{stack.registry}/{image}").checked()
    assert tenant.account.tags(repository) == {}


def test_access_token_with_the_maximum_permission_push_cannot_delete(
    skopeo: Skopeo, tenant: Tenant, stack: Stack, image: str
) -> None:
    user = tenant.granted
    tenant.account.grant(tenant.private, user, "delete")
    path = f"/docker-users/{user.username}/tokens"
    for maximum in ("push", "delete"):
        body = {"name": maximum, "permission": maximum}
        secret = tenant.account.call("POST", path, json=body)["secret"]
        skopeo.login(stack.registry, user.username, secret).checked()
        deleted = skopeo.delete(f"{stack.registry}/{image}")
        assert deleted.ok is (maximum == "delete"), deleted.output
    assert tenant.account.tags(image.partition(":")[0]) == {}


def test_skopeo_requests_every_action_and_gets_those_of_its_grant(
    skopeo: Skopeo, tenant: Tenant, stack: Stack, image: str, http: httpx.Client
) -> None:
    repository = image.partition(":")[0]
    skopeo.logged_in(stack.registry, tenant.granted)
    refused = skopeo.delete(f"{stack.registry}/{image}", debug=True)
    requests = [
        (found["method"], found["address"]) for found in _REQUESTED.finditer(refused.stderr)
    ]
    tokens = [urlsplit(address) for _, address in requests if urlsplit(address).path == "/token"]
    scopes = [parse_qs(token.query).get("scope") for token in tokens]
    assert scopes == [[f"repository:{repository}:*"]], refused.stderr
    user = tenant.granted
    for permission, actions in (
        ("pull", {"pull"}),
        ("push", {"pull", "push"}),
        ("delete", {"pull", "push", "delete"}),
    ):
        other = tenant.account.make_docker_user()
        tenant.account.grant(tenant.private, other, permission)
        assert _granted(http, other, f"repository:{repository}:*") == {repository: actions}
    assert _granted(http, user, f"repository:{repository}:*") == {repository: {"pull", "push"}}


def _granted(http: httpx.Client, user: DockerUser, scope: str) -> dict[str, set[str]]:
    return access_of(request_token(http, scope, auth=user.credentials))
