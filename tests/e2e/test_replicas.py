"""A change takes effect on every replica of the auth service within a second (spec 2.8)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.kit.http.tenant import Tenant
from tests.kit.http.tokens import access_of, request_token
from tests.kit.stack.replicas import running_auth_replica
from tests.kit.stack.run import Stack
from tests.kit.waiting import eventually

EFFECTIVE_WITHIN_SECONDS = 1.0


@pytest.fixture(scope="module")
def replicas(
    stack: Stack, http: httpx.Client, folder: Path
) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    """Two auth services on one database: the stack's own, and a second one."""
    with running_auth_replica(stack, folder / "second-auth.log") as second:
        yield http, second.http


def grants_on(replica: httpx.Client, tenant: Tenant, repository: str) -> set[str]:
    """Return the actions that a new token of ``tenant.granted`` allows on the repository."""
    user = tenant.granted
    access = access_of(
        request_token(replica, f"repository:{repository}:pull,push,delete", auth=user.credentials)
    )
    return access.get(repository, set())


def test_a_removed_grant_is_missing_from_new_tokens_of_both_replicas(
    tenant: Tenant, replicas: tuple[httpx.Client, httpx.Client]
) -> None:
    app = f"{tenant.private}/app"
    for replica in replicas:  # both replicas cache the grant
        assert grants_on(replica, tenant, app) == {"pull", "push"}
    tenant.account.revoke(tenant.private, tenant.granted)
    eventually(
        lambda: [grants_on(replica, tenant, app) for replica in replicas],
        lambda grants: grants == [set(), set()],
        within=EFFECTIVE_WITHIN_SECONDS,
        what="the end of the grant on both replicas",
    )


def test_a_new_grant_and_a_lowered_grant_take_effect_on_both_replicas(
    tenant: Tenant, replicas: tuple[httpx.Client, httpx.Client]
) -> None:
    repository = f"{tenant.public}/app"
    for permission, actions in (
        (None, {"pull"}),
        ("push", {"pull", "push"}),
        ("delete", {"pull", "push", "delete"}),
        ("pull", {"pull"}),
    ):
        if permission is not None:
            tenant.account.grant(tenant.public, tenant.granted, permission)
        eventually(
            lambda: [grants_on(replica, tenant, repository) for replica in replicas],
            lambda grants, actions=actions: grants == [actions, actions],  # type: ignore[misc]
            within=EFFECTIVE_WITHIN_SECONDS,
            what=f"{actions} on both replicas",
        )


def test_both_replicas_deny_pulls_from_a_namespace_that_becomes_private(
    tenant: Tenant, replicas: tuple[httpx.Client, httpx.Client]
) -> None:
    repository = f"{tenant.public}/app"
    for replica in replicas:
        assert grants_on(replica, tenant, repository) == {"pull"}
    tenant.account.call("PATCH", f"/namespaces/{tenant.public}", json={"visibility": "private"})
    eventually(
        lambda: [grants_on(replica, tenant, repository) for replica in replicas],
        lambda grants: grants == [set(), set()],
        within=EFFECTIVE_WITHIN_SECONDS,
        what="no access on both replicas",
    )


def test_both_replicas_refuse_the_old_password_after_a_change(
    tenant: Tenant, replicas: tuple[httpx.Client, httpx.Client]
) -> None:
    old = tenant.granted.credentials
    assert [request_token(replica, auth=old).status_code for replica in replicas] == [200, 200]
    path = f"/docker-users/{tenant.granted.username}/password"
    tenant.account.call("PUT", path, json={"password": "another-password"})
    eventually(
        lambda: [request_token(replica, auth=old).status_code for replica in replicas],
        lambda statuses: statuses == [401, 401],
        within=EFFECTIVE_WITHIN_SECONDS,
        what="the end of the old password on both replicas",
    )
    new = (tenant.granted.username, "another-password")
    assert [request_token(replica, auth=new).status_code for replica in replicas] == [200, 200]


@pytest.mark.parametrize(("method", "body"), [("PATCH", {"disabled": True}), ("DELETE", None)])
def test_both_replicas_refuse_a_disabled_or_deleted_docker_user(
    tenant: Tenant,
    replicas: tuple[httpx.Client, httpx.Client],
    method: str,
    body: dict[str, bool] | None,
) -> None:
    credentials = tenant.granted.credentials
    assert [request_token(replica, auth=credentials).status_code for replica in replicas] == [
        200,
        200,
    ]
    tenant.account.call(method, f"/docker-users/{tenant.granted.username}", json=body)
    eventually(
        lambda: [request_token(replica, auth=credentials).status_code for replica in replicas],
        lambda statuses: statuses == [401, 401],
        within=EFFECTIVE_WITHIN_SECONDS,
        what="a refusal by both replicas",
    )
