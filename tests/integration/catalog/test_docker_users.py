"""Docker users over the API."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest

from libs.common.security.passwords import hash_password
from tests.integration.catalog.creating import PASSWORD, create_docker_user, create_namespace
from tests.kit.database import Database


async def _credentials(database: Database, username: str) -> tuple[str, int]:
    (row,) = await database.fetch(
        "SELECT password_hash, credential_version FROM catalog.docker_users WHERE username = $1",
        username,
    )
    return row["password_hash"], row["credential_version"]


async def test_a_docker_user_is_created_found_changed_and_deleted(
    acme: httpx.AsyncClient, emptied: Database
) -> None:
    assert (
        await create_docker_user(acme, "builder", description="构建 images", token_login=True)
    ).status_code == 201
    await create_docker_user(acme, "deployer")
    for q, names in (
        ("BUILD", ["builder"]),
        ("构建", ["builder"]),
        ("", ["builder", "deployer"]),
        ("%", []),
        ("_", []),
    ):
        found = (await acme.get("/api/v1/docker-users", params={"q": q})).json()["items"]
        assert [user["username"] for user in found] == names, q
    changed = await acme.patch(
        "/api/v1/docker-users/builder", json={"description": "new", "token_login": False}
    )
    assert (changed.status_code, changed.json()["description"], changed.json()["token_login"]) == (
        200,
        "new",
        False,
    )
    assert (await acme.patch("/api/v1/docker-users/builder", json={})).json() == changed.json()
    assert (await _credentials(emptied, "builder"))[1] == 1, (
        "a new description must not end a login"
    )
    gone = await acme.delete("/api/v1/docker-users/builder")
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await acme.get("/api/v1/docker-users/builder")).status_code == 404
    assert (await acme.delete("/api/v1/docker-users/builder")).status_code == 404


async def test_a_new_password_and_disabling_end_a_docker_users_logins(
    acme: httpx.AsyncClient, emptied: Database
) -> None:
    await create_docker_user(acme, "builder")
    before, _ = await _credentials(emptied, "builder")
    assert (
        await acme.put(
            "/api/v1/docker-users/builder/password", json={"password": "密码密码密码密码"}
        )
    ).status_code == 204
    after, version = await _credentials(emptied, "builder")
    assert after != before
    assert version == 2
    assert (await acme.patch("/api/v1/docker-users/builder", json={"disabled": True})).json()[
        "disabled"
    ] is True
    assert (await _credentials(emptied, "builder"))[1] == 3
    await acme.patch("/api/v1/docker-users/builder", json={"disabled": False})
    assert (await _credentials(emptied, "builder"))[1] == 3


async def test_the_last_login_comes_from_auth(acme: httpx.AsyncClient, emptied: Database) -> None:
    await create_docker_user(acme, "builder")
    at = datetime(2026, 11, 24, 5, 32, tzinfo=UTC)
    await emptied.execute(
        "INSERT INTO auth.last_logins (docker_user_id, last_login_at)"
        " SELECT id, $1 FROM catalog.docker_users",
        at,
    )
    assert (await acme.get("/api/v1/docker-users/builder")).json()[
        "last_login_at"
    ] == "2026-11-24T05:32:00Z"


async def test_deleting_a_docker_user_reserves_its_name_and_deletes_its_grants(
    acme: httpx.AsyncClient, other: httpx.AsyncClient, emptied: Database
) -> None:
    await create_docker_user(acme, "builder")
    await create_namespace(acme, "team")
    await acme.put("/api/v1/namespaces/team/grants/builder", json={"permission": "push"})
    await acme.delete("/api/v1/docker-users/builder")
    for client in (acme, other):
        refused = await create_docker_user(client, "builder")
        assert (refused.status_code, refused.json()["code"]) == (409, "name_reserved")
        available = datetime.fromisoformat(refused.json()["available_at"])
        seconds = (available - datetime.now(UTC)).total_seconds()
        assert 1800 < seconds <= 1860
        assert abs(int(refused.headers["Retry-After"]) - seconds) < 2
    await emptied.execute("UPDATE catalog.reserved_names SET available_at = now()")
    assert (await create_docker_user(other, "builder")).status_code == 201
    assert (await acme.get("/api/v1/namespaces/team/grants")).json()["items"] == []


async def test_concurrent_requests_create_a_docker_user_once(
    acme: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    answers = await asyncio.gather(
        *(create_docker_user(client, "builder") for client in (acme, other, acme, other))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {
        "docker_user_taken"
    }


@pytest.mark.parametrize("call", ["GET", "PATCH", "DELETE", "PUT /password", "GET /grants"])
async def test_another_accounts_docker_user_is_reported_as_missing(
    acme: httpx.AsyncClient, other: httpx.AsyncClient, call: str
) -> None:
    await create_docker_user(acme, "builder")
    method, _, rest = call.partition(" ")
    body = (
        {"password": PASSWORD}
        if rest == "/password"
        else {"description": "mine now"}
        if method == "PATCH"
        else None
    )
    for name in ("builder", "nobody"):
        response = await other.request(method, f"/api/v1/docker-users/{name}{rest}", json=body)
        assert (response.status_code, response.json()["code"]) == (404, "docker_user_not_found")
    assert (await acme.get("/api/v1/docker-users/builder")).json()["description"] == ""
    assert (await other.get("/api/v1/docker-users")).json()["items"] == []


async def test_an_administrator_lists_the_docker_users_of_all_accounts_or_of_one(
    admin: httpx.AsyncClient, acme: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    await create_docker_user(acme, "of-acme")
    await create_docker_user(other, "of-other")

    async def seen(client: httpx.AsyncClient, **params: str) -> list[tuple[str, str]]:
        items = (await client.get("/api/v1/docker-users", params=params)).json()["items"]
        return [(user["account"], user["username"]) for user in items]

    assert await seen(admin) == [("acme", "of-acme"), ("other", "of-other")]
    assert await seen(admin, account="other") == [("other", "of-other")]
    assert await seen(acme) == await seen(acme, account="acme") == [("acme", "of-acme")]
    assert (await acme.get("/api/v1/docker-users", params={"account": "other"})).status_code == 403
    assert (
        await admin.patch("/api/v1/docker-users/of-acme", json={"disabled": True})
    ).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "a" * 64,
        "Team",
        "-team",
        "a b",
        "a/b",
        "a\x00b",
        "ab\n",
        "moorage:catalog",
        "*",
        "名字",
        "",
    ],
)
async def test_an_invalid_username_is_refused_with_a_reason(
    acme: httpx.AsyncClient, name: str
) -> None:
    response = await create_docker_user(acme, name)
    assert (response.status_code, response.json()["code"]) == (422, "validation_error")
    assert [error["field"] for error in response.json()["errors"]] == ["username"]


@pytest.mark.parametrize("name", ["ab", "a" * 63, "0a", "a.b_c-d", "a--b..c"])
async def test_a_valid_username_is_accepted(acme: httpx.AsyncClient, name: str) -> None:
    assert (await create_docker_user(acme, name)).status_code == 201


@pytest.mark.parametrize(
    "password",
    ["short77", "x" * 129, "", "nul\x00in the middle", "line\nbreak here", "\ud800 half a pair"],
)
async def test_an_invalid_password_is_refused_and_not_repeated_in_the_response(
    acme: httpx.AsyncClient, password: str
) -> None:
    content = b'{"username": "builder", "password": %s}' % _json_string(password)
    response = await acme.post(
        "/api/v1/docker-users", content=content, headers={"Content-Type": "application/json"}
    )
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "password")
    assert not password or password not in response.text


def _json_string(text: str) -> bytes:
    return ('"' + "".join(f"\\u{ord(character):04x}" for character in text) + '"').encode()


@pytest.mark.parametrize("password", ["密码密码密码密码", "x" * 128, "пароль 12", "🔑" * 8])
async def test_a_password_of_any_script_is_accepted(
    acme: httpx.AsyncClient, emptied: Database, password: str
) -> None:
    assert (
        await acme.post("/api/v1/docker-users", json={"username": "builder", "password": password})
    ).status_code == 201
    stored, _ = await _credentials(emptied, "builder")
    assert stored.startswith("$argon2id$")
    assert stored != hash_password(password)


@pytest.mark.parametrize(
    "more",
    [
        {"account": "other"},
        {"account_id": 1},
        {"disabled": True},
        {"role": "admin"},
        {"credential_version": 9},
    ],
)
async def test_a_field_that_a_client_must_not_set_is_refused(
    acme: httpx.AsyncClient, more: dict[str, object]
) -> None:
    response = await create_docker_user(acme, "builder", **more)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == next(iter(more))
    await create_docker_user(acme, "builder")
    (field, value), *_ = more.items()
    if field != "disabled":
        assert (
            await acme.patch("/api/v1/docker-users/builder", json={field: value})
        ).status_code == 422


@pytest.mark.parametrize("text", ["nul\x00", "line\nbreak", "\x1b[31mred", "x" * 1001])
async def test_control_characters_and_long_texts_are_refused_in_every_field(
    acme: httpx.AsyncClient, text: str
) -> None:
    assert (await create_docker_user(acme, "builder", description=text)).status_code == 422
    for path in ("docker-users", "namespaces", "repositories"):
        assert (await acme.get(f"/api/v1/{path}", params={"q": text})).status_code == 422
    assert (await acme.get("/api/v1/audit", params={"target": text})).status_code == 422
    assert (await acme.get("/api/v1/repositories", params={"namespace": text})).status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        "docker-users/a%00b",
        "namespaces/a%00b",
        "repositories/team/a%00b",
        "images/team/app:a%00b",
        "images/a%00/b",
    ],
)
async def test_a_path_with_a_nul_is_not_found(acme: httpx.AsyncClient, path: str) -> None:
    assert (await acme.get(f"/api/v1/{path}")).status_code == 404


async def test_no_response_contains_a_password_or_its_hash(
    acme: httpx.AsyncClient, emptied: Database
) -> None:
    created = await create_docker_user(acme, "builder")
    stored, _ = await _credentials(emptied, "builder")
    for response in (
        created,
        await acme.get("/api/v1/docker-users/builder"),
        await acme.get("/api/v1/docker-users"),
        await acme.get("/api/v1/audit"),
    ):
        assert PASSWORD not in response.text
        assert stored not in response.text
        assert "password" not in response.text.replace("change_password", "")
