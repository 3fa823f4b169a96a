"""Namespaces and their grants over the API."""

import asyncio

import asyncpg
import httpx
import pytest

from tests.integration.catalog.creating import (
    create_docker_user,
    create_namespace,
    create_repository,
)
from tests.kit.database import Database


async def test_a_namespace_is_created_found_changed_and_deleted(acme: httpx.AsyncClient) -> None:
    assert (await create_namespace(acme, "team", description="前端 images")).status_code == 201
    await create_namespace(acme, "zoo", "public")
    for q, names in (("TEA", ["team"]), ("前端", ["team"]), ("", ["team", "zoo"]), ("nothing", [])):
        found = (await acme.get("/api/v1/namespaces", params={"q": q})).json()["items"]
        assert [namespace["name"] for namespace in found] == names
    changed = await acme.patch(
        "/api/v1/namespaces/team", json={"visibility": "public", "description": ""}
    )
    assert (changed.status_code, changed.json()["visibility"], changed.json()["description"]) == (
        200,
        "public",
        "",
    )
    assert (await acme.get("/api/v1/namespaces/team")).json() == changed.json()
    assert (await acme.delete("/api/v1/namespaces/team")).status_code == 204
    assert (await acme.get("/api/v1/namespaces/team")).status_code == 404


async def test_a_namespace_with_repositories_cannot_be_deleted(acme: httpx.AsyncClient) -> None:
    await create_namespace(acme, "team")
    await create_repository(acme, "team", "app")
    refused = await acme.delete("/api/v1/namespaces/team")
    assert (refused.status_code, refused.json()["code"]) == (409, "namespace_not_empty")


async def test_deleting_a_namespace_reserves_its_name_and_deletes_its_grants(
    acme: httpx.AsyncClient, emptied: Database
) -> None:
    await create_namespace(acme, "team")
    await create_docker_user(acme, "builder")
    await acme.put("/api/v1/namespaces/team/grants/builder", json={"permission": "push"})
    await acme.delete("/api/v1/namespaces/team")
    refused = await create_namespace(acme, "team")
    assert (refused.status_code, refused.json()["code"]) == (409, "name_reserved")
    assert refused.json()["available_at"].endswith("Z")
    assert int(refused.headers["Retry-After"]) > 1800
    assert (await acme.get("/api/v1/namespaces/team")).status_code == 404
    await emptied.execute("UPDATE catalog.reserved_names SET available_at = now()")
    # The worker does this when the registry confirms that nothing is left.
    await emptied.execute("DELETE FROM catalog.deletions")
    assert (await create_namespace(acme, "team")).status_code == 201
    assert (await acme.get("/api/v1/namespaces/team/grants")).json()["items"] == []


async def test_concurrent_requests_create_a_namespace_once(
    acme: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    answers = await asyncio.gather(
        *(create_namespace(client, "team") for client in (acme, other, acme, other))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {
        "namespace_taken"
    }


@pytest.mark.parametrize("visibility", ["private", "public"])
@pytest.mark.parametrize(
    "call", ["GET", "PATCH", "DELETE", "GET /grants", "PUT /grants/mine", "DELETE /grants/mine"]
)
async def test_another_accounts_namespace_is_reported_as_missing(
    acme: httpx.AsyncClient, other: httpx.AsyncClient, call: str, visibility: str
) -> None:
    await create_namespace(acme, "team", visibility)
    await create_docker_user(other, "mine")
    method, _, rest = call.partition(" ")
    body = (
        {"permission": "push"}
        if method == "PUT"
        else {"description": "mine now"}
        if method == "PATCH"
        else None
    )
    details = set()
    for name in ("team", "none"):
        response = await other.request(method, f"/api/v1/namespaces/{name}{rest}", json=body)
        assert (response.status_code, response.json()["code"]) == (404, "namespace_not_found")
        details.add(response.json()["detail"].replace(name, "…"))
    assert len(details) == 1, "the detail must not reveal that the namespace exists"
    assert (await create_repository(other, "team", "app")).status_code == 404
    assert (await other.get("/api/v1/namespaces")).json()["items"] == []


async def test_an_administrator_manages_the_namespaces_of_all_accounts(
    admin: httpx.AsyncClient, acme: httpx.AsyncClient
) -> None:
    await create_namespace(acme, "team")
    await create_docker_user(acme, "builder")
    assert [
        item["account"] for item in (await admin.get("/api/v1/namespaces")).json()["items"]
    ] == ["acme"]
    assert (await admin.get("/api/v1/namespaces", params={"account": "admin"})).json()[
        "items"
    ] == []
    granted = await admin.put("/api/v1/namespaces/team/grants/builder", json={"permission": "pull"})
    assert (granted.status_code, granted.json()["account"]) == (201, "acme")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a",
        "a" * 64,
        "Team",
        "a..b",
        "a--b",
        "-a",
        "a-",
        "a/b",
        "a:80",
        "ex.com:5000",
        "ab\n",
        "名字",
    ],
)
async def test_an_invalid_namespace_name_is_refused(acme: httpx.AsyncClient, name: str) -> None:
    response = await create_namespace(acme, name)
    assert (response.status_code, [error["field"] for error in response.json()["errors"]]) == (
        422,
        ["name"],
    )


@pytest.mark.parametrize(
    "body",
    [
        {"visibility": "secret"},
        {"name": "else"},
        {"account": "other"},
        {"visibility": 1},
        {"pull_count": 5},
    ],
)
async def test_a_field_that_a_client_must_not_change_is_refused(
    acme: httpx.AsyncClient, body: dict[str, object]
) -> None:
    await create_namespace(acme, "team")
    assert (await acme.patch("/api/v1/namespaces/team", json=body)).status_code == 422


async def test_a_grant_is_created_changed_and_deleted(acme: httpx.AsyncClient) -> None:
    await create_namespace(acme, "team")
    await create_docker_user(acme, "builder")
    path = "/api/v1/namespaces/team/grants/builder"
    new = await acme.put(path, json={"permission": "pull"})
    assert (new.status_code, new.headers["Location"]) == (201, path)
    same = await acme.put(path, json={"permission": "pull"})
    assert (same.status_code, same.json()) == (200, new.json())
    changed = await acme.put(path, json={"permission": "push"})
    assert (changed.status_code, changed.json()["permission"], "Location" in changed.headers) == (
        200,
        "push",
        False,
    )
    assert changed.json()["updated_at"] > new.json()["updated_at"]
    assert changed.json()["created_at"] == new.json()["created_at"]
    assert (await acme.get("/api/v1/namespaces/team/grants")).json()["items"] == [changed.json()]
    assert (await acme.delete(path)).status_code == 204
    assert (await acme.delete(path)).status_code == 404
    assert (await acme.put(path, json={"permission": "*"})).status_code == 422


async def test_a_delete_grant_is_listed_with_the_namespace_and_with_the_docker_user(
    acme: httpx.AsyncClient,
) -> None:
    await create_namespace(acme, "team")
    await create_docker_user(acme, "builder")
    path = "/api/v1/namespaces/team/grants/builder"
    new = await acme.put(path, json={"permission": "delete"})
    assert (new.status_code, new.json()["permission"]) == (201, "delete")
    assert (await acme.get("/api/v1/namespaces/team/grants")).json()["items"] == [new.json()]
    received = (await acme.get("/api/v1/docker-users/builder/grants")).json()["items"]
    assert [(one["namespace"], one["permission"]) for one in received] == [("team", "delete")]
    lowered = await acme.put(path, json={"permission": "pull"})
    assert (lowered.status_code, lowered.json()["permission"]) == (200, "pull")


async def test_a_hidden_delete_grant_keeps_its_permission(
    acme: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    await create_namespace(acme, "team")
    await create_docker_user(other, "partner-ci")
    body = {"permission": "delete", "account": "other"}
    assert (
        await acme.put("/api/v1/namespaces/team/grants/partner-ci", json=body)
    ).status_code == 201
    for hidden in (True, False):
        answer = await other.patch(
            "/api/v1/docker-users/partner-ci/grants/team", json={"hidden": hidden}
        )
        assert answer.json() == {
            "namespace": "team",
            "permission": "delete",
            "shared": True,
            "hidden": hidden,
        }


async def test_a_grant_to_another_accounts_docker_user_must_name_the_account(
    acme: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    await create_namespace(acme, "team")
    await create_docker_user(other, "partner-ci")
    path = "/api/v1/namespaces/team/grants/partner-ci"
    for account in (None, "acme", "nobody"):
        refused = await acme.put(path, json={"permission": "pull", "account": account})
        assert (refused.status_code, refused.json()["code"]) == (404, "docker_user_not_found")
    unknown = await acme.put("/api/v1/namespaces/team/grants/no-such", json={"permission": "pull"})
    mistyped = await acme.put(path, json={"permission": "pull"})
    assert unknown.json()["detail"].replace("no-such", "…") == mistyped.json()["detail"].replace(
        "partner-ci", "…"
    )
    granted = await acme.put(path, json={"permission": "pull", "account": "other"})
    assert (granted.status_code, granted.json()["account"]) == (201, "other")
    assert (await acme.delete(path)).status_code == 204


async def test_a_grant_concurrent_with_the_deletion_of_its_namespace_leaves_no_row(
    acme: httpx.AsyncClient, emptied: Database
) -> None:
    await create_docker_user(acme, "builder")
    for number in range(5):
        name = f"team-{number}"
        await create_namespace(acme, name)
        granted, deleted = await asyncio.gather(
            acme.put(f"/api/v1/namespaces/{name}/grants/builder", json={"permission": "push"}),
            acme.delete(f"/api/v1/namespaces/{name}"),
        )
        assert deleted.status_code == 204
        assert granted.status_code in (201, 404)
    assert await emptied.fetch("SELECT * FROM catalog.grants") == []


async def test_a_grant_waits_for_the_deletion_of_its_namespace_and_then_fails(
    acme: httpx.AsyncClient, emptied: Database
) -> None:
    await create_docker_user(acme, "builder")
    await create_namespace(acme, "team")
    connection = await asyncpg.connect(emptied.urls["catalog"])
    try:
        deletion = connection.transaction()
        await deletion.start()
        await connection.execute("DELETE FROM catalog.namespaces WHERE name = 'team'")
        granting = asyncio.create_task(
            acme.put("/api/v1/namespaces/team/grants/builder", json={"permission": "push"})
        )
        done, _ = await asyncio.wait([granting], timeout=0.3)
        assert not done
        await deletion.commit()
    finally:
        await connection.close()
    answer = await granting
    assert (answer.status_code, answer.json()["code"]) == (404, "namespace_not_found")


async def test_no_repository_is_created_in_a_namespace_that_is_being_deleted(
    acme: httpx.AsyncClient, emptied: Database
) -> None:
    for number in range(5):
        await create_namespace(acme, f"team-{number}")
        created, deleted = await asyncio.gather(
            create_repository(acme, f"team-{number}", "app"),
            acme.delete(f"/api/v1/namespaces/team-{number}"),
        )
        assert (created.status_code, deleted.status_code) in ((201, 409), (404, 204))
