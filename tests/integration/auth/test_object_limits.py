"""How many sessions, API keys, and access tokens there can be (spec 11, "Quotas")."""

import asyncio

import httpx

from tests.integration.auth.conftest import Replica, World, bearer, sign_in

KEYS = "/api/v1/api-keys"
KEY = {"name": "deploy", "permission": "read"}
TOKEN = {"name": "ci", "permission": "pull"}


def assert_limit_reached(answer: httpx.Response, text: str, setting: str) -> None:
    """Assert that the response says which limit is reached, and which setting raises it."""
    assert (answer.status_code, answer.json()["code"]) == (409, "limit_reached")
    assert text in answer.json()["detail"]
    assert setting in answer.json()["detail"]


async def test_api_key_beyond_the_limit_gets_409_until_one_is_deleted(
    replica: Replica, world: World
) -> None:
    client = await replica(max_api_keys=2)
    me = bearer(await sign_in(client, world))
    ids = [(await client.post(KEYS, json=KEY, headers=me)).json()["id"] for _ in range(2)]
    refused = await client.post(KEYS, json=KEY, headers=me)
    assert_limit_reached(refused, "The account has 2 API keys", "AUTH_MAX_API_KEYS")
    assert (await client.delete(f"{KEYS}/{ids[0]}", headers=me)).status_code == 204
    assert (await client.post(KEYS, json=KEY, headers=me)).status_code == 201


async def test_access_token_beyond_the_limit_gets_409_until_one_is_deleted(
    replica: Replica, world: World
) -> None:
    client = await replica(max_access_tokens=2)
    me = bearer(await sign_in(client, world))
    path = f"/api/v1/docker-users/{await world.add_user('dev')}/tokens"
    other = f"/api/v1/docker-users/{await world.add_user('ops')}/tokens"
    ids = [(await client.post(path, json=TOKEN, headers=me)).json()["id"] for _ in range(2)]
    refused = await client.post(path, json=TOKEN, headers=me)
    assert_limit_reached(refused, "has 2 access tokens", "AUTH_MAX_ACCESS_TOKENS")
    assert (await client.post(other, json=TOKEN, headers=me)).status_code == 201
    assert (await client.delete(f"{path}/{ids[0]}", headers=me)).status_code == 204
    assert (await client.post(path, json=TOKEN, headers=me)).status_code == 201


async def test_concurrent_requests_on_two_replicas_cannot_exceed_the_limits(
    replica: Replica, world: World
) -> None:
    limits = {"max_api_keys": 3, "max_access_tokens": 3, "max_sessions": 3}
    clients = [await replica(**limits) for _ in range(2)]
    me = bearer(await sign_in(clients[0], world))
    tokens = f"/api/v1/docker-users/{await world.add_user('dev')}/tokens"
    for path, body in ((KEYS, KEY), (tokens, TOKEN)):
        answers = await asyncio.gather(
            *(clients[n % 2].post(path, json=body, headers=me) for n in range(8))
        )
        assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 5
    answers = await asyncio.gather(*(sign_in(clients[n % 2], world) for n in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] * 2 + [409] * 6


async def test_sign_in_beyond_the_limit_is_refused_while_all_sessions_are_in_use(
    replica: Replica, world: World
) -> None:
    client = await replica(max_sessions=2)
    first = bearer(await sign_in(client, world))
    assert (await sign_in(client, world)).status_code == 201
    refused = await sign_in(client, world)
    assert_limit_reached(refused, "The account has 2 sessions in use", "AUTH_MAX_SESSIONS")
    assert "set-cookie" not in refused.headers
    ended = await client.delete("/api/v1/sessions/current", headers=first)
    assert ended.status_code == 204
    assert (await sign_in(client, world)).status_code == 201


async def test_sign_in_beyond_the_limit_ends_the_session_that_was_unused_the_longest(
    replica: Replica, world: World
) -> None:
    client = await replica(max_sessions=3)
    opened = [await sign_in(client, world) for _ in range(3)]
    for minutes, answer in ((11, opened[0]), (20, opened[1])):
        await world.database.execute(
            "UPDATE auth.sessions SET rotated_at = now() - $2 * interval '1 minute'"
            " WHERE id::text = $1",
            await session_id(world, answer),
            minutes,
        )
    assert (await sign_in(client, world)).status_code == 201
    assert await statuses(client, opened) == [200, 401, 200]
    assert (await sign_in(client, world)).status_code == 201
    assert await statuses(client, opened) == [401, 401, 200]
    assert (await sign_in(client, world)).status_code == 409


async def test_ended_sessions_do_not_count(replica: Replica, world: World) -> None:
    client = await replica(max_sessions=1)
    await sign_in(client, world)
    await world.database.execute(
        "UPDATE auth.sessions SET expires_at = now() - interval '1 s' WHERE account_id = $1",
        world.account_id,
    )
    assert (await sign_in(client, world)).status_code == 201
    await world.database.execute(
        "UPDATE catalog.accounts SET credential_version = credential_version + 1 WHERE id = $1",
        world.account_id,
    )
    assert (await sign_in(client, world)).status_code == 201


async def session_id(world: World, answer: httpx.Response) -> str:
    """Return the id of the session in the cookie of a sign-in."""
    (cookie,) = answer.cookies.values()
    rows = await world.database.fetch(
        "SELECT id::text FROM auth.sessions WHERE replace(id::text, '-', '') = $1",
        cookie.partition(".")[0],
    )
    return str(rows[0][0])


async def statuses(client: httpx.AsyncClient, opened: list[httpx.Response]) -> list[int]:
    """Return the status of a request with the access token of each sign-in."""
    return [(await client.get(KEYS, headers=bearer(answer))).status_code for answer in opened]
