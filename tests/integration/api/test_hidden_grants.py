"""An account hides grants that other accounts gave to its Docker users, such as unwanted ones."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.integration.api.installation import PASSWORD, Installation, Person
from tests.integration.api.world import World
from tests.kit.http.tokens import claims_of


@dataclass(frozen=True, slots=True)
class Gift:
    """A grant of ``giver`` on its namespace ``world.namespace`` for ``user`` of ``receiver``."""

    world: World
    receiver: Person
    user: str

    @property
    def path(self) -> str:
        """The path of the grant as the receiver sees it."""
        return f"/api/v1/docker-users/{self.user}/grants/{self.world.namespace}"


@pytest.fixture
async def gift(installation: Installation, world: World) -> Gift:
    receiver = await installation.person()
    user = f"{receiver.username}.ci"
    async with installation.client(receiver.token) as client:
        body = {"username": user, "password": PASSWORD}
        assert (await client.post("/api/v1/docker-users", json=body)).status_code == 201
    made = Gift(world, receiver, user)
    assert (await grant(installation, made)).status_code == 201
    return made


async def grant(installation: Installation, gift: Gift) -> httpx.Response:
    async with installation.client(gift.world.owner.token) as giver:
        return await giver.put(
            f"/api/v1/namespaces/{gift.world.namespace}/grants/{gift.user}",
            json={"permission": "pull", "account": gift.receiver.username},
        )


async def shared(client: httpx.AsyncClient, **query: str) -> list[str]:
    answer = await client.get("/api/v1/repositories", params={"view": "shared", **query})
    return [f"{item['namespace']}/{item['name']}" for item in answer.json()["items"]]


async def received(client: httpx.AsyncClient, gift: Gift) -> list[dict[str, Any]]:
    answer = await client.get(f"/api/v1/docker-users/{gift.user}/grants")
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_hidden_grant_is_not_in_the_lists_of_shared_repositories(
    installation: Installation, gift: Gift
) -> None:
    namespace = gift.world.namespace
    expected = {"namespace": namespace, "permission": "pull", "shared": True}
    async with installation.client(gift.receiver.token) as client:
        assert await shared(client) == [gift.world.path]
        assert await received(client, gift) == [expected | {"hidden": False}]
        hidden = await client.patch(gift.path, json={"hidden": True})
        assert (hidden.status_code, hidden.json()) == (200, expected | {"hidden": True})
        for query in ({}, {"namespace": namespace}, {"q": "web"}, {"sort": "-created_at"}):
            assert await shared(client, **query) == []
        assert await received(client, gift) == [expected | {"hidden": True}]
        assert (await client.patch(gift.path, json={"hidden": False})).status_code == 200
        assert await shared(client) == [gift.world.path]


async def test_hiding_a_grant_changes_no_access(installation: Installation, gift: Gift) -> None:
    async with installation.client(gift.receiver.token) as client:
        await client.patch(gift.path, json={"hidden": True})
        for path in (f"repositories/{gift.world.path}", f"images/{gift.world.path}", "pulls"):
            query = {"repository": gift.world.path} if path == "pulls" else {}
            assert (await client.get(f"/api/v1/{path}", params=query)).status_code == 200
        scope = f"repository:{gift.world.path}:pull"
        query = {"service": "moorage", "scope": scope}
        token = await client.get("/token", params=query, auth=httpx.BasicAuth(gift.user, PASSWORD))
        (granted,) = claims_of(token.json()["token"])["access"]
        assert (granted["name"], granted["actions"]) == (gift.world.path, ["pull"])


async def test_giver_sees_nothing_of_a_hidden_grant_and_cannot_show_it_again(
    installation: Installation, gift: Gift
) -> None:
    grants = f"/api/v1/namespaces/{gift.world.namespace}/grants"
    async with (
        installation.client(gift.world.owner.token) as giver,
        installation.client(gift.receiver.token) as receiver,
    ):
        seen = (await giver.get(grants)).json()
        assert (await receiver.patch(gift.path, json={"hidden": True})).status_code == 200
        assert (await giver.get(grants)).json() == seen
        trail = (await giver.get("/api/v1/audit", params={"action": "grant"})).json()["items"]
        assert {entry["action"] for entry in trail} == {"grant.pull"}
        assert (await giver.patch(gift.path, json={"hidden": False})).status_code == 404
        # A new grant stays hidden: whoever gives unwanted grants could give them again.
        assert (await giver.delete(f"{grants}/{gift.user}")).status_code == 204
        assert (await receiver.patch(gift.path, json={"hidden": False})).status_code == 404
        assert (await grant(installation, gift)).status_code == 201
        assert await shared(receiver) == []
        assert [item["hidden"] for item in await received(receiver, gift)] == [True]


async def test_hiding_and_showing_a_grant_are_audited_once(
    installation: Installation, gift: Gift
) -> None:
    target = f"docker-users/{gift.user}/grants/{gift.world.namespace}"
    async with installation.client(gift.receiver.token) as client:
        for hidden in (False, True, True, False, False):
            answer = await client.patch(gift.path, json={"hidden": hidden})
            assert (answer.status_code, answer.json()["hidden"]) == (200, hidden)
        trail = (await client.get("/api/v1/audit", params={"target": target})).json()["items"]
    assert [(item["action"], item["account"]) for item in trail] == [
        ("grant.show", gift.receiver.username),
        ("grant.hide", gift.receiver.username),
    ]


async def test_key_that_can_write_hides_a_grant_and_others_do_not(
    installation: Installation, gift: Gift
) -> None:
    stranger, admin = await installation.person(), await installation.person("admin")
    for bearer, status in (
        (await installation.api_key(gift.receiver.id, "read"), 403),
        (stranger.token, 404),
        (await installation.api_key(gift.receiver.id, "write"), 200),
        (admin.token, 200),
        (None, 401),
    ):
        async with installation.client(bearer) as client:
            answer = await client.patch(gift.path, json={"hidden": True})
            assert answer.status_code == status
    async with installation.client(gift.receiver.token) as client:
        unknown = await client.patch(
            f"/api/v1/docker-users/{gift.user}/grants/no-such-space", json={"hidden": True}
        )
        foreign = await client.patch(
            f"/api/v1/docker-users/{gift.user}/grants/{gift.world.empty}", json={"hidden": True}
        )
        assert (unknown.status_code, foreign.status_code) == (404, 404)
        assert unknown.json()["detail"].replace("no-such-space", "…") == foreign.json()[
            "detail"
        ].replace(gift.world.empty, "…")
        for body in ({}, {"hidden": None}, {"hidden": 1}, {"permission": "push"}):
            assert (await client.patch(gift.path, json=body)).status_code == 422


async def test_other_docker_user_of_the_account_still_shows_the_namespace(
    installation: Installation, gift: Gift
) -> None:
    async with installation.client(gift.receiver.token) as client:
        second = f"{gift.user}.2"
        await client.post("/api/v1/docker-users", json={"username": second, "password": PASSWORD})
        await grant(installation, Gift(gift.world, gift.receiver, second))
        await client.patch(gift.path, json={"hidden": True})
        assert await shared(client) == [gift.world.path]


async def test_grant_is_not_hidden_through_another_docker_user_of_the_account(
    installation: Installation, gift: Gift
) -> None:
    async with installation.client(gift.receiver.token) as client:
        second = f"{gift.user}.2"
        await client.post("/api/v1/docker-users", json={"username": second, "password": PASSWORD})
        path = f"/api/v1/docker-users/{second}/grants/{gift.world.namespace}"
        assert (await client.patch(path, json={"hidden": True})).status_code == 404
        assert await shared(client) == [gift.world.path]


async def test_deleted_docker_user_leaves_no_hidden_grant(
    installation: Installation, gift: Gift
) -> None:
    async with installation.client(gift.receiver.token) as client:
        await client.patch(gift.path, json={"hidden": True})
        await client.delete(f"/api/v1/docker-users/{gift.user}")
    left = "SELECT 1 FROM catalog.hidden_grants h JOIN catalog.namespaces n ON n.id = namespace_id"
    assert (
        await installation.database.fetch(f"{left} WHERE n.name = $1", gift.world.namespace) == []
    )
