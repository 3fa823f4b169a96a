"""The first steps of a new user: account, Docker user, namespace, grant, repository."""

import httpx

PASSWORD = "correct horse battery"


async def test_a_new_user_creates_every_object_up_to_a_repository(
    admin: httpx.AsyncClient, acme: httpx.AsyncClient
) -> None:
    created = await admin.post(
        "/api/v1/accounts", json={"username": "newcomer", "password": PASSWORD}
    )
    assert (created.status_code, created.headers["Location"]) == (201, "/api/v1/accounts/newcomer")
    assert created.json()["role"] == "member"

    user = await acme.post(
        "/api/v1/docker-users",
        json={"username": "ci-builder", "password": PASSWORD, "description": "构建"},
    )
    assert (user.status_code, user.headers["Location"]) == (201, "/api/v1/docker-users/ci-builder")
    assert user.json() | {"created_at": None} == {
        "username": "ci-builder",
        "account": "acme",
        "description": "构建",
        "disabled": False,
        "token_login": False,
        "created_at": None,
        "last_login_at": None,
    }
    assert user.json()["created_at"].endswith("Z")

    namespace = await acme.post(
        "/api/v1/namespaces", json={"name": "team", "visibility": "private"}
    )
    assert (namespace.status_code, namespace.headers["Location"]) == (
        201,
        "/api/v1/namespaces/team",
    )
    assert namespace.json()["repository_count"] == namespace.json()["size_bytes"] == 0

    grant = await acme.put("/api/v1/namespaces/team/grants/ci-builder", json={"permission": "push"})
    assert grant.status_code == 201
    assert grant.json()["docker_user"] == "ci-builder"
    again = await acme.put("/api/v1/namespaces/team/grants/ci-builder", json={"permission": "pull"})
    assert (again.status_code, again.json()["permission"]) == (200, "pull")

    of_user = await acme.get("/api/v1/docker-users/ci-builder/grants")
    assert of_user.json() == {
        "items": [{"namespace": "team", "permission": "pull", "shared": False, "hidden": False}],
        "next_cursor": None,
    }

    repository = await acme.post(
        "/api/v1/repositories", json={"namespace": "team", "name": "charts/web"}
    )
    assert (repository.status_code, repository.headers["Location"]) == (
        201,
        "/api/v1/repositories/team/charts/web",
    )
    listed = await acme.get("/api/v1/repositories")
    assert [item["name"] for item in listed.json()["items"]] == ["charts/web"]
    assert (await acme.get("/api/v1/repositories/team/charts/web")).json()["status"] == "empty"
    assert (await acme.get("/api/v1/namespaces/team")).json()["repository_count"] == 1

    trail = await acme.get("/api/v1/audit")
    assert [entry["action"] for entry in trail.json()["items"]] == [
        "repository.create",
        "grant.pull",
        "grant.push",
        "namespace.create",
        "docker_user.create",
    ]
