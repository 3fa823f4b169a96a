"""Pulls over time: filters, totals, and who can see them."""

from typing import Any

import httpx
import pytest

from tests.integration.events.conftest import Registry, counts, make_repository
from tests.kit.database import Database
from tests.kit.pulls.envelopes import event
from tests.kit.pulls.patterns import get, head
from tests.kit.sessions import SignIn

DAY = "2026-11-24T"


@pytest.fixture
async def acme(sign_in: SignIn, emptied: Database, registry: Registry) -> httpx.AsyncClient:
    """The account that owns `team/app`, which has been pulled."""
    client = await sign_in("acme")
    await make_repository(emptied, "team/app", account="acme")
    await registry.deliver(
        get(0, tag="v1"),
        get(10, tag="v1", user="bob"),
        get(3600, tag="v2"),
        get(86400, user=""),
        head(20, tag="v1", digest="other"),
    )
    await counts(emptied)
    return client


async def pulls(client: httpx.AsyncClient, **query: str) -> Any:
    response = await client.get("/api/v1/pulls", params=query)
    assert response.status_code == 200, response.text
    return response.json()


async def test_pulls_are_reported_per_hour(acme: httpx.AsyncClient) -> None:
    assert await pulls(acme, repository="team/app") == {
        "total": 4,
        "points": [
            {"at": f"{DAY}06:00:00Z", "pulls": 2, "checks": 1},
            {"at": f"{DAY}07:00:00Z", "pulls": 1, "checks": 0},
            {"at": "2026-11-25T06:00:00Z", "pulls": 1, "checks": 0},
        ],
    }


async def test_pulls_are_reported_per_day(acme: httpx.AsyncClient) -> None:
    body = await pulls(acme, repository="team/app", interval="day")
    assert [(point["at"], point["pulls"]) for point in body["points"]] == [
        (f"{DAY}00:00:00Z", 3),
        ("2026-11-25T00:00:00Z", 1),
    ]


async def test_total_of_a_repository_is_the_sum_of_its_tags_and_pulls_by_digest(
    acme: httpx.AsyncClient,
) -> None:
    parts = [
        (await pulls(acme, repository="team/app", tag=tag))["total"] for tag in ("v1", "v2", "")
    ]
    assert parts == [2, 1, 1]
    assert (await pulls(acme, repository="team/app"))["total"] == sum(parts)


async def test_pulls_are_filtered_by_docker_user(acme: httpx.AsyncClient) -> None:
    found = {
        user: (await pulls(acme, repository="team/app", docker_user=user))["total"]
        for user in ("alice", "bob", "", "nobody")
    }
    assert found == {"alice": 2, "bob": 1, "": 1, "nobody": 0}


async def test_pulls_are_filtered_by_time(acme: httpx.AsyncClient) -> None:
    whole_hours = {"from": f"{DAY}06:59:59Z", "to": f"{DAY}09:00:00+02:00"}
    assert (await pulls(acme, repository="team/app", **whole_hours))["total"] == 2
    assert (await pulls(acme, repository="team/app", to=f"{DAY}07:00:01Z"))["total"] == 3
    assert (await pulls(acme, repository="team/app", **{"from": f"{DAY}07:00:00Z"}))["total"] == 2


@pytest.mark.parametrize(
    "query",
    [
        {"from": f"{DAY}06:00:00"},
        {"to": "2026-11-24"},
        {"to": "yesterday"},
        {"from": "0001-01-01T00:00:00+14:00"},
        {"from": f"{DAY}06:00:00Z", "to": f"{DAY}06:00:00Z"},
        {"interval": "minute"},
        {"tag": "v1\0"},
        {"tag": "v" * 129},
    ],
)
async def test_invalid_query_gets_422(acme: httpx.AsyncClient, query: dict[str, str]) -> None:
    response = await acme.get("/api/v1/pulls", params=query)
    assert response.status_code == 422
    assert response.json()["code"] == "validation_error"


async def test_without_a_repository_all_pulls_of_the_account_are_reported(
    acme: httpx.AsyncClient, sign_in: SignIn, emptied: Database, registry: Registry
) -> None:
    other, admin = await sign_in("other"), await sign_in("root", role="admin")
    await make_repository(emptied, "elsewhere/app", account="other")
    await registry.deliver(
        event(tag="v1", repository="elsewhere/app"), event(tag="v1", repository="nobodys/app")
    )
    await counts(emptied)
    assert (await pulls(acme))["total"] == 4
    assert (await pulls(other))["total"] == 1
    assert (await pulls(admin))["total"] == 5


@pytest.mark.parametrize(
    "repository",
    ["team/nothing", "team", "team/app/", "../app", "Team/App", "team/app\0", "x" * 255],
)
async def test_missing_repository_gets_404(acme: httpx.AsyncClient, repository: str) -> None:
    assert (await acme.get("/api/v1/pulls", params={"repository": repository})).status_code == 404


async def test_private_repository_of_another_account_looks_like_a_missing_one(
    acme: httpx.AsyncClient, sign_in: SignIn
) -> None:
    other = await sign_in("other")
    hidden = await other.get("/api/v1/pulls", params={"repository": "team/app"})
    missing = await other.get("/api/v1/pulls", params={"repository": "team/nothing"})
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert hidden.text.replace("team/app", "") == missing.text.replace("team/nothing", "")


async def test_pulls_of_a_shared_or_public_repository_are_visible_but_not_by_docker_user(
    acme: httpx.AsyncClient, sign_in: SignIn, emptied: Database
) -> None:
    other, third = await sign_in("other"), await sign_in("third")
    await emptied.execute(
        "WITH u AS (INSERT INTO catalog.docker_users (account_id, username, password_hash)"
        " SELECT id, 'robot', 'none' FROM catalog.accounts WHERE username = 'other' RETURNING id)"
        " INSERT INTO catalog.grants (namespace_id, docker_user_id, permission)"
        " SELECT n.id, u.id, 'pull' FROM catalog.namespaces n, u WHERE n.name = 'team'"
    )
    assert (await pulls(other, repository="team/app"))["total"] == 4
    assert (await third.get("/api/v1/pulls", params={"repository": "team/app"})).status_code == 404
    await emptied.execute("UPDATE catalog.namespaces SET visibility = 'public' WHERE name = 'team'")
    assert (await pulls(third, repository="team/app"))["total"] == 4
    filtered = await third.get(
        "/api/v1/pulls", params={"repository": "team/app", "docker_user": "alice"}
    )
    assert filtered.status_code == 403
    assert (await pulls(third))["total"] == 0
