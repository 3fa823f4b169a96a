"""The owner of a namespace sees what was denied to Docker clients (spec 8)."""

import uuid
from functools import partial
from typing import Any

import httpx
import pytest

from libs.common.security.secrets import hash_of, new_secret
from services.auth import app
from services.auth.access_tokens.domain import PREFIX
from services.auth.denials.domain import MAX_PER_CLIENT, MAX_PER_NAMESPACE
from tests.integration.auth.conftest import Replica, World, bearer, sign_in
from tests.integration.auth.tokens import get
from tests.kit.database import Database
from tests.kit.waiting import soon


async def listed(
    client: httpx.AsyncClient, me: dict[str, str], space: str, **query: str
) -> list[dict[str, Any]]:
    answer = await client.get(
        f"/api/v1/namespaces/{space}/denials", params={"limit": "200", **query}, headers=me
    )
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def denials(
    client: httpx.AsyncClient, me: dict[str, str], space: str, *, count: int
) -> list[dict[str, Any]]:
    """Return the denials when they are ``count``."""
    return await soon(
        lambda: listed(client, me, space),
        lambda items: len(items) == count,
        within=5,
        what=f"{count} denials in {space}",
    )


def has_batch(batch: int, items: list[dict[str, Any]]) -> bool:
    return any(f"-{batch}-" in item["repository"] for item in items)


async def add_partner(database: Database) -> World:
    partner = World(database)
    await partner.add_account()
    return partner


async def test_denied_push_is_listed_once_with_its_count(
    client: httpx.AsyncClient, world: World, me: dict[str, str]
) -> None:
    user = await world.add_user("dev")
    space = await world.add_namespace("team", dev="pull")
    for _ in range(3):
        await get(client, user, f"repository:{space}/app:pull,push")
    (item,) = await soon(
        lambda: listed(client, me, space),
        lambda items: [item["occurrences"] for item in items] == [3],
        within=5,
        what="three denials",
    )
    assert item["since"] <= item["last_at"]
    shown = {name: item[name] for name in ("client", "docker_user", "repository", "action", "rule")}
    assert shown == {
        "client": "docker_user",
        "docker_user": user,
        "repository": f"{space}/app",
        "action": "push",
        "rule": "no_grant",
    }


async def test_granted_requests_and_explanations_are_no_denials(
    client: httpx.AsyncClient, world: World, me: dict[str, str]
) -> None:
    user = await world.add_user("dev")
    space = await world.add_namespace("team", dev="push")
    await get(client, user, f"repository:{space}/app:pull,push", "registry:catalog:*")
    query = {"repository": f"{space}/app", "action": "delete", "docker_user": user}
    explained = await client.get("/api/v1/access/explain", params=query, headers=me)
    assert explained.json()["allowed"] is False
    await get(client, None, f"repository:{space}/app:pull")
    (item,) = await denials(client, me, space, count=1)
    assert (item["client"], item["rule"]) == ("anonymous", "anonymous")


async def test_rule_of_a_limited_token_and_of_a_reserved_name(
    client: httpx.AsyncClient, world: World, me: dict[str, str]
) -> None:
    user = await world.add_user("dev")
    space = await world.add_namespace("team", dev="push")
    secret = new_secret(PREFIX)
    await world.database.execute(
        "INSERT INTO auth.access_tokens (id, docker_user_id, name, permission, secret_hash)"
        " VALUES ($1, $2, 'build server', 'pull', $3)",
        uuid.uuid4(),
        world.users["dev"],
        hash_of(secret),
    )
    await world.database.execute(
        "INSERT INTO catalog.deletions (kind, name) VALUES ('repository', $1)",
        f"{space}/old",
    )
    await get(client, user, f"repository:{space}/app:pull,push", password=secret)
    await get(client, user, f"repository:{space}/old:pull")
    found = await denials(client, me, space, count=2)
    assert {(item["repository"], item["action"], item["rule"]) for item in found} == {
        (f"{space}/app", "push", "limited_token"),
        (f"{space}/old", "pull", "name_reserved"),
    }


async def test_names_of_other_accounts_users_are_hidden_without_a_grant(
    client: httpx.AsyncClient, world: World, me: dict[str, str]
) -> None:
    partner = await add_partner(world.database)
    stranger = await partner.add_user("stranger")
    guest = await partner.add_user("guest")
    world.users["guest"] = partner.users["guest"]
    space = await world.add_namespace("team", guest="pull")
    await get(client, stranger, f"repository:{space}/app:pull")
    await get(client, guest, f"repository:{space}/app:push")
    found = await denials(client, me, space, count=2)
    assert {(item["client"], item["docker_user"]) for item in found} == {
        ("other_account", None),
        ("docker_user", guest),
    }
    theirs = bearer(await sign_in(client, partner))
    refused = await client.get(f"/api/v1/namespaces/{space}/denials", headers=theirs)
    assert (refused.status_code, refused.json()["code"]) == (404, "namespace_not_found")


async def test_new_namespace_of_the_same_name_shows_no_earlier_denials(
    client: httpx.AsyncClient, world: World, me: dict[str, str]
) -> None:
    user = await world.add_user("dev")
    space = await world.add_namespace("team")
    await get(client, user, f"repository:{space}/app:pull")
    await denials(client, me, space, count=1)
    await world.database.execute("DELETE FROM catalog.namespaces WHERE name = $1", space)
    await world.add_namespace("team")
    assert await listed(client, me, space) == []


async def test_one_client_does_not_displace_the_denials_of_others(
    client: httpx.AsyncClient, world: World, me: dict[str, str]
) -> None:
    user, loud = await world.add_user("dev"), await world.add_user("loud")
    space = await world.add_namespace("team")
    await get(client, user, f"repository:{space}/app:pull")
    await denials(client, me, space, count=1)
    for batch in range(2):
        scopes = [f"repository:{space}/app-{batch}-{n}:pull" for n in range(MAX_PER_CLIENT)]
        await get(client, loud, *scopes)
        found = await soon(
            lambda: listed(client, me, space),
            partial(has_batch, batch),
            within=5,
            what="the newest denials",
        )
        assert len(found) == MAX_PER_CLIENT + 1
        assert any(item["docker_user"] == user for item in found)


async def test_namespace_keeps_a_bounded_number_of_denials(
    client: httpx.AsyncClient, world: World, me: dict[str, str]
) -> None:
    user = await world.add_user("dev")
    space = await world.add_namespace("team")
    await world.database.execute(
        "INSERT INTO auth.denials (namespace_id, docker_user_id, repository, action, rule,"
        " occurrences, since, last_at)"
        " SELECT n.id, g, $1 || '/app', 'pull', 'no_grant', 1, now(), now()"
        " FROM catalog.namespaces n, generate_series(1000000, 1000000 + $2::int) g"
        " WHERE n.name = $1",
        space,
        MAX_PER_NAMESPACE,
    )
    await get(client, user, f"repository:{space}/app:pull")

    async def kept() -> int:
        rows = await world.database.fetch(
            "SELECT count(*) FROM auth.denials d JOIN catalog.namespaces n ON n.id = namespace_id"
            " WHERE n.name = $1",
            space,
        )
        return int(rows[0][0])

    await soon(kept, lambda n: n == MAX_PER_NAMESPACE, within=5, what="the limit of denials")


async def test_denials_are_deleted_after_seven_days_and_with_their_docker_user(
    replica: Replica, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await replica()
    me = bearer(await sign_in(client, world))
    old, gone, dev = [await world.add_user(name) for name in ("old", "gone", "dev")]
    space = await world.add_namespace("team")
    for user in (old, gone, dev):
        await get(client, user, f"repository:{space}/app:pull")
    await denials(client, me, space, count=3)
    await world.database.execute(
        "UPDATE auth.denials SET last_at = now() - interval '7 days 1 minute'"
        " WHERE docker_user_id = $1",
        world.users["old"],
    )
    assert old not in {item["docker_user"] for item in await listed(client, me, space)}
    await world.database.execute(
        "DELETE FROM catalog.docker_users WHERE id = $1", world.users["gone"]
    )
    monkeypatch.setattr(app, "DELETE_ENDED_SECONDS", 0.1)
    await replica()

    async def kept() -> list[int]:
        rows = await world.database.fetch(
            "SELECT docker_user_id FROM auth.denials WHERE docker_user_id = ANY($1::bigint[])",
            list(world.users.values()),
        )
        return [row[0] for row in rows]

    await soon(kept, lambda ids: ids == [world.users["dev"]], within=5, what="the deletion")
