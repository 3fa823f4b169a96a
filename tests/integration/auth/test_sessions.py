"""Sessions of the JSON API (spec 4, "Signing in")."""

import asyncio

import httpx
import pytest

from tests.integration.auth.conftest import PASSWORD, Replica, World, bearer, sign_in

COOKIE = "moorage_refresh_8080"


async def refresh(client: httpx.AsyncClient, cookie: str | None = None) -> httpx.Response:
    headers = {} if cookie is None else {"Cookie": f"{COOKIE}={cookie}"}
    if cookie is not None:
        client.cookies.clear()
    return await client.post("/api/v1/sessions/refresh", headers=headers)


async def test_anonymous_client_cannot_sign_out(client: httpx.AsyncClient) -> None:
    for path in ("/api/v1/sessions", "/api/v1/sessions/current"):
        answer = await client.delete(path)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        assert answer.headers["content-type"] == "application/problem+json"


async def test_sign_in_returns_a_token_and_sets_an_httponly_cookie(
    client: httpx.AsyncClient, world: World
) -> None:
    answer = await sign_in(client, world)
    assert answer.status_code == 201
    assert answer.headers["location"] == "/api/v1/sessions/current"
    body = answer.json()
    assert set(body) == {"access_token", "token_type", "expires_in", "account"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 300)
    assert set(body["account"]) == {"username", "role", "created_at"}
    assert body["account"]["created_at"].endswith("Z")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    for flag in ("HttpOnly", "SameSite=strict", "Path=/api/v1/sessions"):
        assert flag in cookie
    assert "Secure" not in cookie


async def test_cookie_is_secure_over_https(client: httpx.AsyncClient, world: World) -> None:
    answer = await client.post(
        "https://localhost:8080/api/v1/sessions",
        json={"username": world.name("owner"), "password": PASSWORD},
    )
    assert "Secure" in answer.headers["set-cookie"]


async def test_wrong_password_and_unknown_account_get_the_same_response(
    client: httpx.AsyncClient, world: World
) -> None:
    wrong = await sign_in(client, world, "not the password")
    unknown = await client.post(
        "/api/v1/sessions", json={"username": world.name("nobody"), "password": "not the password"}
    )
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.json()["code"] == "login_refused"


async def test_failed_sign_ins_are_throttled(replica: Replica, world: World) -> None:
    client = await replica(login_failures=2)
    for _ in range(2):
        assert (await sign_in(client, world, "guess number 1")).status_code == 401
    refused = await sign_in(client, world)
    assert (refused.status_code, refused.json()["code"]) == (429, "login_throttled")
    assert int(refused.headers["retry-after"]) > 0


async def test_refresh_without_a_cookie_is_a_204(client: httpx.AsyncClient) -> None:
    assert (await refresh(client)).status_code == 204


async def test_concurrent_refreshes_get_the_same_next_cookie(
    client: httpx.AsyncClient, world: World
) -> None:
    await sign_in(client, world)
    first = client.cookies[COOKIE]
    answers = await asyncio.gather(*(refresh(client, first) for _ in range(3)))
    assert {answer.status_code for answer in answers} == {200}
    following = {answer.cookies[COOKIE] for answer in answers}
    assert len(following) == 1
    assert first not in following
    assert (await refresh(client, following.pop())).status_code == 200


async def test_previous_cookie_after_the_grace_period_ends_the_session(
    client: httpx.AsyncClient, world: World
) -> None:
    opened = await sign_in(client, world)
    first = client.cookies[COOKIE]
    second = (await refresh(client, first)).cookies[COOKIE]
    await world.database.execute(
        "UPDATE auth.sessions SET rotated_at = rotated_at - interval '11 s' WHERE account_id = $1",
        world.account_id,
    )
    stolen = await refresh(client, first)
    assert (stolen.status_code, stolen.json()["code"]) == (401, "session_ended")
    assert (await refresh(client, second)).status_code == 401
    assert (
        await client.delete("/api/v1/sessions/current", headers=bearer(opened))
    ).status_code == 401


async def test_cookie_two_rotations_old_ends_the_session_at_once(
    client: httpx.AsyncClient, world: World
) -> None:
    await sign_in(client, world)
    first = client.cookies[COOKIE]
    second = (await refresh(client, first)).cookies[COOKIE]
    third = (await refresh(client, second)).cookies[COOKIE]
    assert (await refresh(client, first)).status_code == 401
    assert (await refresh(client, third)).status_code == 401


@pytest.mark.parametrize("guess", ["0", "0" * 64, "0" * 128])
async def test_wrong_secret_with_a_known_session_id_ends_no_session(
    client: httpx.AsyncClient, world: World, guess: str
) -> None:
    """Otherwise whoever reads a session id in the audit could sign its owner out."""
    opened = await sign_in(client, world)
    first = client.cookies[COOKIE]
    second = (await refresh(client, first)).cookies[COOKIE]
    session_id, _, secret = second.partition(".")
    for wrong in (
        guess,
        secret[:-1],
        secret + "0",
        secret[:-1] + ("1" if secret[-1] == "0" else "0"),
    ):
        refused = await refresh(client, f"{session_id}.{wrong}")
        assert (refused.status_code, refused.json()["code"]) == (401, "session_ended")
    assert (await client.get("/api/v1/api-keys", headers=bearer(opened))).status_code == 200
    assert (await refresh(client, second)).status_code == 200


async def test_secret_of_another_session_ends_no_session(
    client: httpx.AsyncClient, world: World
) -> None:
    cookies = []
    for _ in range(2):
        await sign_in(client, world)
        cookies.append(client.cookies[COOKIE])
    (mine, _, _), (_, _, theirs) = (cookie.partition(".") for cookie in cookies)
    assert (await refresh(client, f"{mine}.{theirs}")).status_code == 401
    for cookie in cookies:
        assert (await refresh(client, cookie)).status_code == 200


async def test_any_replaced_cookie_ends_the_session_however_old_it_is(
    client: httpx.AsyncClient, world: World
) -> None:
    """A thief who refreshes often cannot hide the theft from the owner's next request."""
    await sign_in(client, world)
    first = newest = client.cookies[COOKIE]
    for _ in range(20):
        newest = (await refresh(client, newest)).cookies[COOKIE]
    assert (await refresh(client, first)).status_code == 401
    assert (await refresh(client, newest)).status_code == 401


@pytest.mark.parametrize("cookie", ["", "x", "00.00", "%00", "0" * 32 + ".abc", "0" * 5000])
async def test_malformed_cookie_is_refused(client: httpx.AsyncClient, cookie: str) -> None:
    assert (await refresh(client, cookie)).status_code == (401 if cookie else 204)


async def test_sign_out_ends_the_session_and_its_tokens(
    client: httpx.AsyncClient, world: World
) -> None:
    opened = await sign_in(client, world)
    cookie = client.cookies[COOKIE]
    assert (
        await client.delete("/api/v1/sessions/current", headers=bearer(opened))
    ).status_code == 204
    assert (
        await client.delete("/api/v1/sessions/current", headers=bearer(opened))
    ).status_code == 401
    assert (await refresh(client, cookie)).status_code == 401


async def test_sign_out_everywhere_ends_every_session(
    client: httpx.AsyncClient, world: World
) -> None:
    one, other = await sign_in(client, world), await sign_in(client, world)
    assert (await client.delete("/api/v1/sessions", headers=bearer(one))).status_code == 204
    assert (await client.delete("/api/v1/sessions", headers=bearer(other))).status_code == 401


@pytest.mark.parametrize(
    "change", ["disabled = true", "credential_version = credential_version + 1"]
)
async def test_sessions_end_when_the_account_is_disabled_or_gets_a_new_password(
    client: httpx.AsyncClient, world: World, change: str
) -> None:
    opened = await sign_in(client, world)
    cookie = client.cookies[COOKIE]
    await world.database.execute(
        f"UPDATE catalog.accounts SET {change} WHERE id = $1", world.account_id
    )
    assert (
        await client.delete("/api/v1/sessions/current", headers=bearer(opened))
    ).status_code == 401
    assert (await refresh(client, cookie)).status_code == 401


async def test_another_site_cannot_use_the_cookie(client: httpx.AsyncClient, world: World) -> None:
    await sign_in(client, world)
    answer = await client.post(
        "/api/v1/sessions/refresh", headers={"Origin": "http://evil.example"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site_request")
    assert (
        await client.post("/api/v1/sessions/refresh", headers={"Origin": "http://localhost:8080"})
    ).status_code == 200


async def test_invalid_body_names_its_fields(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/sessions", json={"username": "x", "role": "admin"})
    assert answer.status_code == 422
    assert {item["field"] for item in answer.json()["errors"]} == {"password", "role"}
    assert (
        await client.post(
            "/api/v1/sessions", content=b"{", headers={"Content-Type": "application/json"}
        )
    ).status_code == 422


async def test_registry_token_is_refused_by_the_json_api(
    client: httpx.AsyncClient, world: World
) -> None:
    user = await world.add_user("dev")
    token = (
        await client.get("/token?service=moorage", auth=httpx.BasicAuth(user, PASSWORD))
    ).json()["token"]
    assert (
        await client.delete(
            "/api/v1/sessions/current", headers={"Authorization": f"Bearer {token}"}
        )
    ).status_code == 401
