"""Refresh tokens: `docker login` without a password in its file (spec 3)."""

import httpx
import pytest

from services.auth.registry_tokens import usecases
from tests.integration.auth.conftest import PASSWORD, World
from tests.integration.auth.tokens import access, get, post
from tests.kit.waiting import soon


async def log_in(client: httpx.AsyncClient, user: str) -> str:
    answer = await post(
        client, grant_type="password", username=user, password=PASSWORD, access_type="offline"
    )
    token: str = answer.json()["refresh_token"]
    return token


async def use(client: httpx.AsyncClient, token: str, scope: str = "") -> httpx.Response:
    return await post(client, grant_type="refresh_token", refresh_token=token, scope=scope)


async def test_docker_login_keeps_a_password_unless_token_login_is_on(
    client: httpx.AsyncClient, world: World
) -> None:
    plain, modern = await world.add_user("plain"), await world.add_user("modern", token_login=True)
    assert "refresh_token" not in (await get(client, plain, offline_token="true")).json()
    assert "refresh_token" not in (await get(client, modern)).json()
    assert "refresh_token" not in (await get(client, None, offline_token="true")).json()
    token = (await get(client, modern, offline_token="true")).json()["refresh_token"]
    assert (await use(client, token)).status_code == 200


async def test_a_refresh_token_gets_what_its_user_may_have(
    client: httpx.AsyncClient, world: World
) -> None:
    user = await world.add_user("dev")
    space = await world.add_namespace("team", dev="push")
    token = await log_in(client, user)
    answer = await use(client, token, f"repository:{space}/app:pull,push")
    assert access(answer) == [(f"{space}/app", ["pull", "push"])]


async def test_only_the_hash_of_a_refresh_token_is_stored(
    client: httpx.AsyncClient, world: World
) -> None:
    user = await world.add_user("dev")
    token = await log_in(client, user)
    rows = await world.database.fetch(
        "SELECT t::text FROM auth.refresh_tokens t WHERE docker_user_id = $1", world.users["dev"]
    )
    assert len(rows) == 1
    assert token not in rows[0][0]
    assert token.encode().hex() not in rows[0][0]


@pytest.mark.parametrize("change", ["password_hash = 'changed'", "disabled = true"])
async def test_a_new_password_or_disabling_ends_it_for_good(
    client: httpx.AsyncClient, world: World, change: str
) -> None:
    user = await world.add_user("dev")
    token = await log_in(client, user)
    assert (await use(client, token)).status_code == 200
    await world.set_user("dev", change)
    await world.set_user("dev", "disabled = false")
    await soon(lambda: use(client, token), lambda answer: answer.status_code == 401, within=1)


async def test_a_later_user_of_the_same_name_inherits_nothing(
    client: httpx.AsyncClient, world: World
) -> None:
    user = await world.add_user("dev")
    token = await log_in(client, user)
    await world.database.execute(
        "DELETE FROM catalog.docker_users WHERE id = $1", world.users["dev"]
    )
    await world.add_user("dev")
    await soon(lambda: use(client, token), lambda answer: answer.status_code == 401, within=1)


async def test_a_revoked_one_ends_at_once_though_it_was_remembered(
    client: httpx.AsyncClient, world: World
) -> None:
    user = await world.add_user("dev")
    token = await log_in(client, user)
    assert (await use(client, token)).status_code == 200
    await world.database.execute(
        "DELETE FROM auth.refresh_tokens WHERE docker_user_id = $1", world.users["dev"]
    )
    refused = await soon(
        lambda: use(client, token),
        lambda answer: answer.status_code == 401,
        within=1,
        what="the refusal",
    )
    assert refused.json()["errors"][0]["code"] == "UNAUTHORIZED"


async def test_an_unused_one_expires_and_use_prolongs_it(
    client: httpx.AsyncClient, world: World
) -> None:
    user = await world.add_user("dev")
    token = await log_in(client, user)
    ends = "SELECT expires_at, last_used_from FROM auth.refresh_tokens WHERE docker_user_id = $1"
    (at_first,) = await world.database.fetch(ends, world.users["dev"])

    async def prolonged() -> bool:
        assert (await use(client, token)).status_code == 200
        (now,) = await world.database.fetch(ends, world.users["dev"])
        return bool(now[0] > at_first[0] and now[1] == "192.0.2.1")

    await soon(prolonged, within=3, what="the later end")
    stale = await log_in(client, user)
    await world.database.execute(
        "UPDATE auth.refresh_tokens SET expires_at = now() - interval '1 s' WHERE docker_user_id = $1",
        world.users["dev"],
    )
    assert (await use(client, stale)).status_code == 401


async def test_a_user_keeps_the_logins_that_were_used_last(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usecases, "MOST_LOGINS", 3)
    user = await world.add_user("dev")
    tokens = [await log_in(client, user) for _ in range(5)]
    assert [(await use(client, token)).status_code for token in tokens] == [401, 401, 200, 200, 200]
