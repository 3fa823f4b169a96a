"""Failed passwords per client address, for whatever user names (spec 11, "Failed logins")."""

import asyncio

import httpx
import pytest

from tests.integration.auth.conftest import PASSWORD, Replica, World, bearer, sign_in
from tests.integration.auth.tokens import get, post
from tests.kit.waiting import soon

LIMIT = 30
SESSIONS = "/api/v1/sessions"


async def fail(client: httpx.AsyncClient, world: World, times: int = LIMIT) -> None:
    """Send ``times`` wrong passwords, for another name each, to both endpoints in turn."""
    for number in range(times):
        name = world.name(f"nobody{number}")
        answer = (
            await get(client, name, password="a wrong guess")
            if number % 2
            else await client.post(SESSIONS, json={"username": name, "password": "a wrong guess"})
        )
        assert answer.status_code == 401


async def test_address_with_30_failed_passwords_gets_429(
    client: httpx.AsyncClient, world: World
) -> None:
    user = await world.add_user("dev")
    await fail(client, world)
    tokens = [await get(client, name) for name in (user, world.name("nobody"))]
    tokens.append(await post(client, grant_type="password", username=user, password=PASSWORD))
    for answer in tokens:
        assert answer.status_code == 429
        assert answer.json()["errors"][0]["code"] == "TOOMANYREQUESTS"
        assert "address" in answer.json()["errors"][0]["message"]
        assert 0 < int(answer.headers["retry-after"]) <= 301
    refused = await sign_in(client, world)
    assert (refused.status_code, refused.json()["code"]) == (429, "login_throttled")
    assert 0 < int(refused.headers["retry-after"]) <= 301


async def test_throttled_address_keeps_cached_passwords_and_tokens(
    client: httpx.AsyncClient, world: World
) -> None:
    """So a company behind one address is not affected by one machine with a wrong password."""
    user = await world.add_user("dev")
    signed_in = await sign_in(client, world)
    me = bearer(signed_in)
    created = await client.post(
        f"/api/v1/docker-users/{user}/tokens", json={"name": "ci", "permission": "pull"}, headers=me
    )
    password = await post(
        client,
        grant_type="password",
        username=user,
        password=PASSWORD,
        access_type="offline",
    )
    await fail(client, world)
    assert (await get(client, user)).status_code == 200
    assert (await sign_in(client, world)).status_code == 201
    assert (await get(client, user, password=created.json()["secret"])).status_code == 200
    refresh_token = password.json()["refresh_token"]
    refreshed = await post(client, grant_type="refresh_token", refresh_token=refresh_token)
    assert refreshed.status_code == 200
    assert (await client.get("/api/v1/api-keys", headers=me)).status_code == 200
    assert (await client.post(f"{SESSIONS}/refresh")).status_code == 200


@pytest.mark.parametrize(
    ("failing", "same", "other"),
    [
        ("192.0.2.30", "::ffff:192.0.2.30", "192.0.2.31"),
        ("::ffff:192.0.2.32", "192.0.2.32", "::ffff:192.0.2.33"),
        ("2001:db8:1:1::1", "2001:db8:1:1:ffff::2", "2001:db8:1:2::1"),
    ],
)
async def test_ipv4_addresses_and_ipv6_networks_are_throttled(
    replica: Replica, world: World, failing: str, same: str, other: str
) -> None:
    user = await world.add_user("dev")
    await fail(await replica(address=failing), world)
    assert (await get(await replica(address=same), user)).status_code == 429
    assert (await get(await replica(address=other), user)).status_code == 200


async def test_parallel_guesses_of_many_names_cannot_exceed_the_limit(
    replica: Replica, world: World
) -> None:
    clients = [await replica(address_login_failures=5) for _ in range(2)]
    answers = await asyncio.gather(
        *(get(clients[n % 2], world.name(f"u{n}"), password="a wrong guess") for n in range(40))
    )
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 35


async def test_right_passwords_do_not_count(replica: Replica, world: World) -> None:
    """All machines of a company log in at once after a restart, when no password is cached."""
    users = [await world.add_user(f"dev{number}") for number in range(12)]
    client = await replica(address_login_failures=5)
    answers = await asyncio.gather(*(get(client, user) for user in users))
    assert {answer.status_code for answer in answers} == {200}
    await fail(client, world, times=5)
    assert (await get(client, world.name("nobody"))).status_code == 429


async def test_throttled_attempt_leaves_no_row(client: httpx.AsyncClient, world: World) -> None:
    """Otherwise a throttled client could fill the table with invented names."""
    await fail(client, world)
    count = "SELECT count(*) FROM auth.login_throttle"
    before = await world.database.fetch(count)
    for number in range(10):
        assert (await get(client, world.name(f"invented{number}"))).status_code == 429
    assert await world.database.fetch(count) == before


async def test_throttled_address_is_audited_once(client: httpx.AsyncClient, world: World) -> None:
    user = await world.add_user("dev")
    await fail(client, world)
    for _ in range(3):
        assert (await get(client, user)).status_code == 429

    async def entries() -> list[tuple[str, str]]:
        rows = await world.database.fetch(
            "SELECT action, client_address FROM auth.audit_entries WHERE owner_id = $1",
            world.account_id,
        )
        return [tuple(row) for row in rows]

    expected = [("login.throttle", "192.0.2.1")]
    await soon(entries, lambda found: found == expected, within=5, what="the audit entry")
