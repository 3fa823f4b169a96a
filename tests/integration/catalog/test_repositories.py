"""Repositories over the API: creation, views, orders, and pages."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.integration.catalog.creating import (
    create_docker_user,
    create_namespace,
    create_repository,
)
from tests.kit.database import Database

_MANIFEST = """
    INSERT INTO catalog.manifests
      (repository_id, digest, media_type, size_bytes, pushed_at, pushed_by)
    SELECT id, 'sha256:' || repeat('a', 64), 'application/vnd.oci.image.manifest.v1+json', 7, now(),
      'builder'
    FROM catalog.repositories
"""
_TAG = """
    INSERT INTO catalog.tags (repository_id, name, digest, pushed_at, pushed_by, pull_count)
    SELECT id, 'v' || number, 'sha256:' || repeat('a', 64), now() - number * interval '1 minute',
      'builder', number % 4
    FROM catalog.repositories, generate_series(1, 9) number
"""


async def _paths(client: httpx.AsyncClient, **params: str | int) -> list[str]:
    body = (await client.get("/api/v1/repositories", params=params)).json()
    return [f"{item['namespace']}/{item['name']}" for item in body["items"]]


async def _all_pages(
    client: httpx.AsyncClient, path: str, key: str, **params: str | int
) -> tuple[list[str], int]:
    """Follow the `Link` headers; return ``key`` of all items, and the number of pages."""
    seen, pages = [], 0
    response = await client.get(path, params=params)
    while True:
        body: Any = response.json()
        assert response.status_code == 200, body
        seen += [item[key] for item in body["items"]]
        pages += 1
        assert (body["next_cursor"] is None) == ("next" not in response.links)
        if body["next_cursor"] is None:
            return seen, pages
        response = await client.get(response.links["next"]["url"])


async def test_a_repository_is_created_and_its_description_changed(acme: httpx.AsyncClient) -> None:
    await create_namespace(acme, "team")
    created = await create_repository(acme, "team", "charts/web", description="图表")
    assert (created.status_code, created.json()["status"], created.json()["tag_count"]) == (
        201,
        "empty",
        0,
    )
    assert (await create_repository(acme, "team", "charts/web")).json()[
        "code"
    ] == "repository_taken"
    changed = await acme.patch("/api/v1/repositories/team/charts/web", json={"description": "new"})
    assert (changed.status_code, changed.json()["description"]) == (200, "new")
    assert (await acme.get("/api/v1/repositories/team/charts/web")).json() == changed.json()
    assert (await acme.get("/api/v1/images/team/charts/web")).json() == {
        "items": [],
        "next_cursor": None,
    }
    assert await _paths(acme, q="ARTS/W") == await _paths(acme, q="am/char") == ["team/charts/web"]
    assert (await acme.get("/api/v1/repositories/team/charts")).status_code == 404


@pytest.mark.parametrize(
    "name",
    ["", "Web", "a//b", "/a", "a/", "a/../b", "a:b", "a@b", "a b", "-a", "名字", "a\n", "x" * 252],
)
async def test_a_repository_name_that_distribution_refuses_is_refused(
    acme: httpx.AsyncClient, name: str
) -> None:
    await create_namespace(acme, "team")
    response = await create_repository(acme, "team", name)
    assert (response.status_code, [error["field"] for error in response.json()["errors"]]) == (
        422,
        ["name"],
    )


async def test_concurrent_requests_create_a_repository_once(acme: httpx.AsyncClient) -> None:
    await create_namespace(acme, "team")
    answers = await asyncio.gather(*(create_repository(acme, "team", "app") for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_a_reserved_repository_name_cannot_be_taken(
    acme: httpx.AsyncClient, emptied: Database
) -> None:
    await create_namespace(acme, "team")
    await emptied.execute(
        "INSERT INTO catalog.reserved_names"
        " VALUES ('repository', 'team/app', now() + interval '1 minute')"
    )
    assert (await create_repository(acme, "team", "app")).json()["code"] == "name_reserved"
    await emptied.execute("UPDATE catalog.reserved_names SET available_at = now()")
    assert (await create_repository(acme, "team", "app")).status_code == 201
    assert len(await emptied.fetch("SELECT * FROM catalog.repository_generations")) == 1, (
        "pull counts need the start of the new generation"
    )


async def test_each_view_lists_own_shared_or_public_repositories(
    acme: httpx.AsyncClient, other: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    for name, visibility in (
        ("acme-open", "public"),
        ("acme-shared", "private"),
        ("acme-closed", "private"),
    ):
        await create_namespace(acme, name, visibility)
        await create_repository(acme, name, "app")
    await create_namespace(other, "other-own")
    await create_repository(other, "other-own", "app")
    await create_docker_user(other, "other-ci")
    await acme.put(
        "/api/v1/namespaces/acme-shared/grants/other-ci",
        json={"permission": "pull", "account": "other"},
    )

    assert await _paths(other) == await _paths(other, view="own") == ["other-own/app"]
    assert await _paths(other, view="shared") == ["acme-shared/app"]
    assert await _paths(other, view="public") == ["acme-open/app"]
    assert await _paths(acme, view="shared") == []
    assert await _paths(acme, namespace="acme-open") == ["acme-open/app"]
    assert await _paths(other, namespace="acme-open") == []

    for name, expected in (("acme-open", 200), ("acme-shared", 200), ("acme-closed", 404)):
        for path in (f"repositories/{name}/app", f"images/{name}/app"):
            assert (await other.get(f"/api/v1/{path}")).status_code == expected
        assert (
            await other.patch(f"/api/v1/repositories/{name}/app", json={"description": "x"})
        ).status_code == 404
        assert (await create_repository(other, name, "mine")).status_code == 404
    hidden = (await other.get("/api/v1/repositories/acme-closed/app")).json()["detail"]
    unknown = (await other.get("/api/v1/repositories/acme-closed/none")).json()["detail"]
    assert hidden.replace("/app", "/…") == unknown.replace("/none", "/…")

    for account, view, paths in (
        ("other", "own", ["other-own/app"]),
        ("other", "shared", ["acme-shared/app"]),
        ("acme", "shared", []),
        ("acme", "public", ["acme-open/app"]),
        ("other", "public", []),
        ("nobody", "shared", []),
    ):
        assert await _paths(admin, account=account, view=view) == paths, (account, view)

    await acme.delete("/api/v1/namespaces/acme-shared/grants/other-ci")
    assert (await other.get("/api/v1/repositories/acme-shared/app")).status_code == 404
    assert await _paths(other, view="shared") == []


@pytest.mark.parametrize("order", ["name", "pull_count", "last_pushed_at", "created_at"])
async def test_each_order_lists_every_repository_once_in_both_directions(
    acme: httpx.AsyncClient, emptied: Database, order: str
) -> None:
    await create_namespace(acme, "team")
    await emptied.execute(
        "INSERT INTO catalog.repositories (namespace_id, name, pull_count, last_pushed_at)"
        " SELECT id, 'app-' || number, number % 3,"
        " CASE WHEN number % 2 = 0 THEN now() - (number % 4) * interval '1 day' END"
        " FROM catalog.namespaces, generate_series(1, 17) number"
    )
    up, pages = await _all_pages(acme, "/api/v1/repositories", "name", sort=order, limit=4)
    down, _ = await _all_pages(acme, "/api/v1/repositories", "name", sort=f"-{order}", limit=4)
    assert pages == 5
    assert sorted(up) == sorted(f"app-{number}" for number in range(1, 18))
    assert down == up[::-1]
    values = [
        item[order]
        for item in (
            await acme.get("/api/v1/repositories", params={"sort": order, "limit": 200})
        ).json()["items"]
    ]
    assert values == sorted(values, key=lambda value: value or (0 if order == "pull_count" else ""))


@pytest.mark.parametrize(
    "order", ["name", "pushed_at", "pull_count", "last_pulled_at", "size_bytes"]
)
async def test_tags_are_searched_and_sorted_over_all_pages(
    acme: httpx.AsyncClient, emptied: Database, order: str
) -> None:
    await create_namespace(acme, "team")
    await create_repository(acme, "team", "app")
    await emptied.execute(_MANIFEST)
    await emptied.execute(_TAG)
    up, pages = await _all_pages(acme, "/api/v1/images/team/app", "tag", sort=order, limit=4)
    down, _ = await _all_pages(acme, "/api/v1/images/team/app", "tag", sort=f"-{order}", limit=4)
    assert pages == 3
    assert down == up[::-1]
    assert sorted(up) == [f"v{number}" for number in range(1, 10)]
    found = (await acme.get("/api/v1/images/team/app", params={"q": "V7"})).json()["items"]
    assert [tag["tag"] for tag in found] == ["v7"]


async def test_numbers_in_tags_are_sorted_by_their_value(
    acme: httpx.AsyncClient, emptied: Database
) -> None:
    tags = ["1.0", "1.0-rc.9", "1.0-rc.10", "1.0.2", "1.0.02", "1.0.10", "9" * 30, "v2", "V10"]
    await create_namespace(acme, "team")
    await create_repository(acme, "team", "app")
    await emptied.execute(_MANIFEST)
    await emptied.execute(
        "INSERT INTO catalog.tags (repository_id, name, digest, pushed_at, pushed_by)"
        " SELECT repository_id, unnest($1::text[]), digest, now(), 'builder'"
        " FROM catalog.manifests",
        sorted(tags),
    )
    listed, pages = await _all_pages(acme, "/api/v1/images/team/app", "tag", sort="name", limit=2)
    assert pages == 5
    assert [tag for tag in listed if tag != "1.0.02"] == [tag for tag in tags if tag != "1.0.02"]
    assert listed[3:5] in (["1.0.2", "1.0.02"], ["1.0.02", "1.0.2"])


async def test_list_marks_the_tags_that_are_immutable(
    acme: httpx.AsyncClient, emptied: Database
) -> None:
    async def immutable() -> list[str]:
        items = (await acme.get("/api/v1/images/team/app?artifacts=true")).json()["items"]
        return [item["tag"] for item in items if item["immutable"]]

    await create_namespace(acme, "team")
    await create_repository(acme, "team", "app")
    await emptied.execute(_MANIFEST)
    await emptied.execute(_TAG)
    await emptied.execute(
        "INSERT INTO catalog.tags (repository_id, name, digest, pushed_at, pushed_by)"
        " SELECT repository_id, $1, digest, now(), 'builder' FROM catalog.manifests",
        f"sha256-{'a' * 64}.sig",
    )
    assert await immutable() == []
    await acme.put("/api/v1/namespaces/team/rules", json={"immutable_tags": ["v[12]", "sha*"]})
    assert await immutable() == ["v1", "v2"]
    await acme.put("/api/v1/repositories/team/app/rules", json={"immutable_tags": ["v9"]})
    assert await immutable() == ["v9"]


@pytest.mark.parametrize(
    "params",
    [
        {"sort": "password_hash"},
        {"sort": "-id"},
        {"view": "all"},
        {"limit": 0},
        {"limit": 201},
        {"limit": "many"},
        {"cursor": "nonsense"},
        {"cursor": "WyJuYW1lIixbMSwyXV0"},  # ["name",[1,2]]: numbers instead of a name
        {"cursor": "WyItcHVsbF9jb3VudCIsWzEsMl1d"},  # issued for another order
        {
            "sort": "-pull_count",
            "cursor": "WyItcHVsbF9jb3VudCIsWyJhIiwyXV0",
        },  # ["-pull_count",["a",2]]
        {
            "sort": "-pull_count",
            "cursor": "WyItcHVsbF9jb3VudCIsWzEsOTk5OTk5OTk5OTk5OTk5OTk5OTk5XV0",
        },  # beyond a bigint
        {
            "sort": "created_at",
            "cursor": "WyJjcmVhdGVkX2F0IixbInllc3RlcmRheSIsMl1d",
        },  # ["created_at",["yesterday",2]]
    ],
)
async def test_invalid_list_parameters_are_refused(
    acme: httpx.AsyncClient, params: dict[str, str | int]
) -> None:
    response = await acme.get("/api/v1/repositories", params=params)
    assert (response.status_code, response.json()["code"]) == (422, "validation_error")
