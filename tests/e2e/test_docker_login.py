"""`docker login` stores a password, or an identity token for users with `token_login` (spec 3)."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.kit.clients.docker import Docker
from tests.kit.http.accounts import DockerUser
from tests.kit.http.tenant import Tenant
from tests.kit.http.tokens import access_of, request_token
from tests.kit.images import make_image, make_index
from tests.kit.stack.run import Stack
from tests.kit.waiting import eventually


@pytest.fixture
def modern(tenant: Tenant) -> DockerUser:
    """A Docker user with `token_login` and a push grant in the private namespace."""
    user = tenant.account.make_docker_user(token_login=True)
    tenant.account.grant(tenant.private, user, "push")
    return user


def test_login_with_a_wrong_password_stores_nothing(
    docker: Docker, modern: DockerUser, stack: Stack
) -> None:
    assert not docker.login(stack.registry, modern.username, "wrong-password").ok
    with pytest.raises((KeyError, FileNotFoundError)):
        docker.login_entry(stack.registry)


def test_user_without_token_login_gets_a_config_for_an_image_pull_secret(
    docker: Docker, tenant: Tenant, stack: Stack, http: httpx.Client
) -> None:
    user = tenant.granted
    docker.login(stack.registry, user.username, user.password).checked()
    assert "identitytoken" not in docker.login_entry(stack.registry)
    assert docker.stored_login(stack.registry) == (user.username, user.password)
    # A kubelet uses such a secret with a GET and Basic credentials, without a refresh token.
    scope = f"repository:{tenant.private}/app:pull"
    assert access_of(request_token(http, scope, auth=docker.stored_login(stack.registry))) == {
        f"{tenant.private}/app": {"pull"}
    }


def test_user_with_token_login_gets_an_identity_token_and_no_password(
    docker: Docker, modern: DockerUser, stack: Stack
) -> None:
    docker.login(stack.registry, modern.username, modern.password).checked()
    entry = docker.login_entry(stack.registry)
    assert entry["identitytoken"]
    assert docker.stored_login(stack.registry)[1] == ""
    assert modern.password not in json.dumps(entry)


def test_user_with_an_identity_token_pushes_and_pulls_within_the_grants(
    docker: Docker, tenant: Tenant, modern: DockerUser, stack: Stack
) -> None:
    docker.login(stack.registry, modern.username, modern.password).checked()
    for tag, content, config in (
        ("image", image := make_image(), image.config),
        ("index", index := make_index(), index.native.config),
    ):
        reference = f"{stack.registry}/{tenant.private}/app:{tag}"
        docker.push(content, reference).checked()
        docker.pull(reference).checked()
        assert docker.pulled_config(reference) == config.digest
    denied = docker.push(make_image(), f"{stack.registry}/{tenant.public}/app:v1")
    assert not denied.ok


def test_identity_token_ends_when_the_password_changes(
    docker: Docker, tenant: Tenant, modern: DockerUser, stack: Stack
) -> None:
    image, reference = make_image(), f"{stack.registry}/{tenant.private}/app:v1"
    docker.login(stack.registry, modern.username, modern.password).checked()
    docker.push(image, reference).checked()
    path = f"/docker-users/{modern.username}/password"
    tenant.account.call("PUT", path, json={"password": "another-password"})
    eventually(
        lambda: docker.pull(reference).ok, lambda ok: not ok, within=1, what="the end of the login"
    )
