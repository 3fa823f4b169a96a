"""Access tokens of Docker users (spec 3)."""

from typing import Any

import httpx
import pytest

from libs.common.security.passwords import hash_password
from tests.integration.auth.conftest import PASSWORD, Replica, World, bearer, sign_in
from tests.integration.auth.test_refresh_tokens import use
from tests.integration.auth.tokens import access, get, post
from tests.kit.waiting import soon


def path(world: World, user: str = "dev") -> str:
    return f"/api/v1/docker-users/{world.name(user)}/tokens"


async def new_token(
    client: httpx.AsyncClient,
    world: World,
    me: dict[str, str],
    permission: str = "push",
    **fields: Any,
) -> dict[str, Any]:
    answer = await client.post(
        path(world), json={"name": "build server", "permission": permission, **fields}, headers=me
    )
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{path(world)}/{body['id']}"
    return body


async def test_tokens_of_a_docker_user_are_hidden_from_other_accounts(
    client: httpx.AsyncClient, world: World
) -> None:
    await world.add_user("dev")
    other = World(world.database)
    await other.add_account()
    theirs = bearer(await sign_in(client, other))
    body = {"name": "x", "permission": "pull"}
    assert (
        (await client.get(path(world))).status_code
        == (await client.post(path(world), json=body)).status_code
        == 401
    )
    for answer in (
        await client.get(path(world), headers=theirs),
        await client.post(path(world), json=body, headers=theirs),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "docker_user_not_found")


async def test_access_token_logs_in_as_its_docker_user_only(
    client: httpx.AsyncClient, world: World, me: dict[str, str]
) -> None:
    user, other = await world.add_user("dev"), await world.add_user("other")
    space = await world.add_namespace("team", dev="push", other="push")
    made = await new_token(client, world, me)
    scope = f"repository:{space}/app:pull,push"
    assert access(await get(client, user, scope, password=made["secret"])) == [
        (f"{space}/app", ["pull", "push"])
    ]
    assert (await get(client, other, scope, password=made["secret"])).status_code == 401
    answer = await post(
        client, grant_type="password", username=user, password=made["secret"], scope=scope
    )
    assert access(answer) == [(f"{space}/app", ["pull", "push"])]


async def test_access_token_exceeds_neither_its_permission_nor_the_grants(
    client: httpx.AsyncClient, world: World, me: dict[str, str]
) -> None:
    user = await world.add_user("dev")
    actions = {"pull": ["pull"], "push": ["pull", "push"], "delete": ["pull", "push", "delete"]}
    spaces = [await world.add_namespace(granted, dev=granted) for granted in actions]
    for requested in ("pull,push,delete", "*"):
        scopes = [f"repository:{space}/a:{requested}" for space in spaces]
        for maximum in actions:
            token = await new_token(client, world, me, maximum)
            assert access(await get(client, user, *scopes, password=token["secret"])) == [
                (f"{space}/a", min(actions[maximum], actions[granted], key=len))
                for space, granted in zip(spaces, actions, strict=True)
            ]


async def test_revoking_an_access_token_leaves_the_others_valid(
    client: httpx.AsyncClient, world: World, me: dict[str, str]
) -> None:
    user = await world.add_user("dev")
    old, new = await new_token(client, world, me), await new_token(client, world, me)
    for token in (old, new):
        assert (await get(client, user, password=token["secret"])).status_code == 200
    assert (await client.delete(f"{path(world)}/{old['id']}", headers=me)).status_code == 204
    await soon(
        lambda: get(client, user, password=old["secret"]),
        lambda answer: answer.status_code == 401,
        within=1,
    )
    assert (await get(client, user, password=new["secret"])).status_code == 200
    assert (await client.delete(f"{path(world)}/{old['id']}", headers=me)).status_code == 404


async def test_revocation_reaches_both_replicas_within_a_second(
    replica: Replica, world: World
) -> None:
    clients = [await replica(), await replica()]
    me = bearer(await sign_in(clients[0], world))
    user = await world.add_user("dev")
    made = await new_token(clients[0], world, me)

    async def seen() -> list[int]:
        return [
            (await get(client, user, password=made["secret"])).status_code for client in clients
        ]

    assert await seen() == [200, 200]
    await clients[0].delete(f"{path(world)}/{made['id']}", headers=me)
    await soon(seen, lambda codes: codes == [401, 401], within=1)


async def test_expired_access_token_is_refused(
    client: httpx.AsyncClient, world: World, me: dict[str, str]
) -> None:
    user = await world.add_user("dev")
    made = await new_token(client, world, me, expires_at="2999-01-01T00:00:00Z")
    await world.database.execute(
        "UPDATE auth.access_tokens SET expires_at = now() WHERE docker_user_id = $1",
        world.users["dev"],
    )
    assert (await get(client, user, password=made["secret"])).status_code == 401


async def test_access_token_is_invalid_while_its_user_is_disabled_and_after_deletion(
    client: httpx.AsyncClient, world: World, me: dict[str, str]
) -> None:
    user = await world.add_user("dev")
    made = await new_token(client, world, me)

    async def answers(status: int) -> None:
        await soon(
            lambda: get(client, user, password=made["secret"]),
            lambda answer: answer.status_code == status,
            within=1,
        )

    await answers(200)
    await world.set_user("dev", "disabled = true")
    await answers(401)
    await world.set_user("dev", "disabled = false")
    await answers(200)
    await world.database.execute(
        "DELETE FROM catalog.docker_users WHERE id = $1", world.users["dev"]
    )
    await world.add_user("dev")
    await answers(401)


async def test_password_with_the_prefix_of_a_token_is_accepted(
    client: httpx.AsyncClient, world: World
) -> None:
    user = await world.add_user("dev")
    await world.set_user("dev", f"password_hash = '{hash_password('mat_my own password')}'")
    assert (await get(client, user, password="mat_my own password")).status_code == 200


async def test_guesses_of_access_tokens_are_throttled(replica: Replica, world: World) -> None:
    client = await replica(login_failures=2)
    user = await world.add_user("dev")
    codes = [(await get(client, user, password=f"mat_guess{n}")).status_code for n in range(3)]
    assert codes == [401, 401, 429]


async def test_refresh_token_inherits_permission_and_expiry_of_its_access_token(
    client: httpx.AsyncClient, world: World, me: dict[str, str]
) -> None:
    user = await world.add_user("dev", token_login=True)
    space = await world.add_namespace("team", dev="push")
    made = await new_token(client, world, me, "pull", expires_at="2999-01-01T00:00:00Z")
    await world.database.execute(
        "UPDATE auth.access_tokens SET expires_at = now() + interval '1 hour'"
        " WHERE docker_user_id = $1",
        world.users["dev"],
    )
    refresh = (await get(client, user, offline_token="true", password=made["secret"])).json()[
        "refresh_token"
    ]
    assert access(await use(client, refresh, f"repository:{space}/app:pull,push")) == [
        (f"{space}/app", ["pull"])
    ]

    async def within_the_hour() -> bool:
        rows = await world.database.fetch(
            "SELECT r.last_used_from IS NOT NULL, r.expires_at <= t.expires_at"
            " FROM auth.refresh_tokens r JOIN auth.access_tokens t ON t.id = r.access_token_id"
            " WHERE r.docker_user_id = $1",
            world.users["dev"],
        )
        assert rows[0][1]
        return bool(rows[0][0])

    await soon(within_the_hour, within=3, what="the use of the refresh token")
    await client.delete(f"{path(world)}/{made['id']}", headers=me)
    await soon(lambda: use(client, refresh), lambda answer: answer.status_code == 401, within=1)


@pytest.mark.parametrize("maximum", ["pull", "push", "delete", None])
async def test_login_has_the_maximum_permission_of_its_access_token_or_none(
    client: httpx.AsyncClient, world: World, me: dict[str, str], maximum: str | None
) -> None:
    """A login with the password can do whatever the Docker user's grants allow."""
    user = await world.add_user("dev", token_login=True)
    space = await world.add_namespace("team", dev="delete")
    actions = {"pull": ["pull"], "push": ["pull", "push"]}
    password = (
        PASSWORD if maximum is None else (await new_token(client, world, me, maximum))["secret"]
    )
    login = await get(client, user, offline_token="true", password=password)
    answer = await use(
        client, login.json()["refresh_token"], f"repository:{space}/app:pull,push,delete"
    )
    granted = actions.get(maximum or "", ["pull", "push", "delete"])
    assert access(answer) == [(f"{space}/app", granted)]
    listed = (await client.get(path(world), headers=me)).json()["items"]
    (permission,) = [item["permission"] for item in listed if item["kind"] == "login"]
    assert permission == (maximum or "delete")


async def test_logins_are_listed_and_revoked_with_access_tokens(
    client: httpx.AsyncClient, world: World, me: dict[str, str]
) -> None:
    user = await world.add_user("dev", token_login=True)
    made = await new_token(client, world, me, "pull")
    refresh = (await get(client, user, offline_token="true", client_id="docker")).json()[
        "refresh_token"
    ]
    answer = await client.get(path(world), headers=me)
    login, token = answer.json()["items"]
    assert set(token) == {
        "id",
        "kind",
        "name",
        "permission",
        "created_at",
        "expires_at",
        "last_used_at",
        "last_used_from",
    }
    assert (token["kind"], token["name"], token["permission"]) == ("access", "build server", "pull")
    assert (login["kind"], login["name"], login["permission"]) == ("login", "docker", "delete")
    assert made["secret"] not in answer.text
    assert refresh not in answer.text
    assert (await client.delete(f"{path(world)}/{login['id']}", headers=me)).status_code == 204
    await soon(lambda: use(client, refresh), lambda answer: answer.status_code == 401, within=1)


async def test_token_cannot_be_revoked_under_another_docker_user(
    client: httpx.AsyncClient, world: World, me: dict[str, str]
) -> None:
    await world.add_user("dev")
    await world.add_user("other")
    made = await new_token(client, world, me)
    assert (
        await client.delete(f"{path(world, 'other')}/{made['id']}", headers=me)
    ).status_code == 404


async def test_api_key_lists_but_cannot_create_access_tokens(
    client: httpx.AsyncClient, world: World, me: dict[str, str]
) -> None:
    await world.add_user("dev")
    secret = (
        await client.post("/api/v1/api-keys", json={"name": "k", "permission": "write"}, headers=me)
    ).json()["secret"]
    key = {"Authorization": f"Bearer {secret}"}
    made = await client.post(path(world), json={"name": "x", "permission": "pull"}, headers=key)
    assert (made.status_code, made.json()["code"]) == (403, "session_required")
    assert (await client.get(path(world), headers=key)).status_code == 200


async def test_last_use_is_recorded_and_changes_are_audited(
    client: httpx.AsyncClient, world: World, me: dict[str, str]
) -> None:
    user = await world.add_user("dev")
    made = await new_token(client, world, me)
    await get(client, user, password=made["secret"])

    async def last_used() -> object:
        (listed,) = (await client.get(path(world), headers=me)).json()["items"]
        return listed["last_used_at"] and listed["last_used_from"]

    assert await soon(last_used, within=3, what="the last use") == "192.0.2.1"
    await client.delete(f"{path(world)}/{made['id']}", headers=me)
    rows = await world.database.fetch(
        "SELECT action, target, e::text FROM auth.audit_entries e WHERE account_id = $1"
        " ORDER BY id",
        world.account_id,
    )
    target = f"docker-users/{user}/tokens/{made['id']}"
    assert [tuple(row)[:2] for row in rows[1:]] == [
        ("token.create", target),
        ("token.delete", target),
    ]
    assert not any(made["secret"] in row[2] or PASSWORD in row[2] for row in rows)
