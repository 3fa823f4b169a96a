"""Refresh tokens, with which `docker login` stores no password (spec 3)."""

import httpx
import pytest

from services.auth.refresh_tokens import usecases
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


async def test_refresh_token_is_issued_only_if_token_login_is_on(
    client: httpx.AsyncClient, world: World
) -> None:
    plain, modern = await world.add_user("plain"), await world.add_user("modern", token_login=True)
    assert "refresh_token" not in (await get(client, plain, offline_token="true")).json()
    assert "refresh_token" not in (await get(client, modern)).json()
    assert "refresh_token" not in (await get(client, None, offline_token="true")).json()
    token = (await get(client, modern, offline_token="true")).json()["refresh_token"]
    assert (await use(client, token)).status_code == 200


async def test_refresh_token_grants_the_access_of_its_user(
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
async def test_refresh_token_ends_when_its_user_is_disabled_or_gets_a_new_password(
    client: httpx.AsyncClient, world: World, change: str
) -> None:
    user = await world.add_user("dev")
    token = await log_in(client, user)
    assert (await use(client, token)).status_code == 200
    await world.set_user("dev", change)
    await world.set_user("dev", "disabled = false")
    await soon(lambda: use(client, token), lambda answer: answer.status_code == 401, within=1)


async def test_new_user_of_the_same_name_does_not_inherit_a_refresh_token(
    client: httpx.AsyncClient, world: World
) -> None:
    user = await world.add_user("dev")
    token = await log_in(client, user)
    await world.database.execute(
        "DELETE FROM catalog.docker_users WHERE id = $1", world.users["dev"]
    )
    await world.add_user("dev")
    await soon(lambda: use(client, token), lambda answer: answer.status_code == 401, within=1)


async def test_revoked_refresh_token_is_refused_although_it_was_cached(
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


async def test_use_extends_a_refresh_token_and_disuse_expires_it(
    client: httpx.AsyncClient, world: World
) -> None:
    user = await world.add_user("dev")
    token = await log_in(client, user)
    ends = "SELECT expires_at, last_used_from FROM auth.refresh_tokens WHERE docker_user_id = $1"
    (at_first,) = await world.database.fetch(ends, world.users["dev"])

    async def is_extended() -> bool:
        assert (await use(client, token)).status_code == 200
        (now,) = await world.database.fetch(ends, world.users["dev"])
        return bool(now[0] > at_first[0] and now[1] == "192.0.2.1")

    await soon(is_extended, within=3, what="the extended expiry")
    stale = await log_in(client, user)
    await world.database.execute(
        "UPDATE auth.refresh_tokens SET expires_at = now() - interval '1 s'"
        " WHERE docker_user_id = $1",
        world.users["dev"],
    )
    assert (await use(client, stale)).status_code == 401


async def test_oldest_refresh_tokens_beyond_the_limit_are_deleted(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usecases, "MAX_PER_DOCKER_USER", 3)
    user = await world.add_user("dev")
    tokens = [await log_in(client, user) for _ in range(5)]
    assert [(await use(client, token)).status_code for token in tokens] == [401, 401, 200, 200, 200]
