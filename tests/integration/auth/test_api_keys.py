"""API keys (spec 4, "Signing in")."""

from typing import Any

import httpx
import pytest

from tests.integration.auth.conftest import Replica, World, bearer, sign_in
from tests.kit.waiting import soon

KEYS = "/api/v1/api-keys"


async def new_key(
    client: httpx.AsyncClient, me: dict[str, str], permission: str = "write", **fields: Any
) -> dict[str, Any]:
    answer = await client.post(
        KEYS, json={"name": "pipeline", "permission": permission, **fields}, headers=me
    )
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{KEYS}/{body['id']}"
    return body


def key(made: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {made['secret']}"}


async def test_anonymous_client_cannot_list_create_or_delete_keys(
    client: httpx.AsyncClient,
) -> None:
    some = f"{KEYS}/00000000-0000-0000-0000-000000000000"
    answers = [await client.get(KEYS), await client.post(KEYS, json={}), await client.delete(some)]
    assert [answer.status_code for answer in answers] == [401, 401, 401]


async def test_secret_is_returned_once_and_stored_as_a_hash(
    client: httpx.AsyncClient, world: World, me: dict[str, str]
) -> None:
    made = await new_key(client, me, "read")
    assert set(made) == {
        "id",
        "account",
        "name",
        "permission",
        "created_at",
        "expires_at",
        "last_used_at",
        "last_used_from",
        "secret",
    }
    (listed,) = (await client.get(KEYS, headers=me)).json()["items"]
    assert listed == {name: value for name, value in made.items() if name != "secret"}
    rows = await world.database.fetch(
        "SELECT k::text FROM auth.api_keys k WHERE account_id = $1", world.account_id
    )
    assert made["secret"] not in rows[0][0]


async def test_api_key_cannot_manage_keys_or_sessions(
    client: httpx.AsyncClient, me: dict[str, str]
) -> None:
    made = await new_key(client, me)
    assert (await client.get(KEYS, headers=key(made))).status_code == 200
    for answer in (
        await client.post(KEYS, json={"name": "more", "permission": "write"}, headers=key(made)),
        await client.delete(f"{KEYS}/{made['id']}", headers=key(made)),
        await client.delete("/api/v1/sessions", headers=key(made)),
        await client.delete("/api/v1/sessions/current", headers=key(made)),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "session_required")


async def test_read_only_key_gets_its_own_error_code(
    client: httpx.AsyncClient, me: dict[str, str]
) -> None:
    made = await new_key(client, me, "read")
    answer = await client.post(
        KEYS, json={"name": "more", "permission": "write"}, headers=key(made)
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "read_only_key")


async def test_deleted_key_is_refused_at_once(
    client: httpx.AsyncClient, me: dict[str, str]
) -> None:
    made = await new_key(client, me)
    assert (await client.delete(f"{KEYS}/{made['id']}", headers=me)).status_code == 204
    assert (await client.get(KEYS, headers=key(made))).status_code == 401
    gone = await client.delete(f"{KEYS}/{made['id']}", headers=me)
    assert (gone.status_code, gone.json()["code"]) == (404, "api_key_not_found")


async def test_expired_key_is_refused(
    client: httpx.AsyncClient, world: World, me: dict[str, str]
) -> None:
    made = await new_key(client, me, expires_at="2999-01-01T00:00:00+08:00")
    assert (await client.get(KEYS, headers=key(made))).status_code == 200
    await world.database.execute(
        "UPDATE auth.api_keys SET expires_at = now() WHERE account_id = $1", world.account_id
    )
    assert (await client.get(KEYS, headers=key(made))).status_code == 401


@pytest.mark.parametrize(
    "change", ["disabled = true", "credential_version = credential_version + 1"]
)
async def test_key_ends_when_its_account_is_disabled_or_gets_a_new_password(
    client: httpx.AsyncClient, world: World, me: dict[str, str], change: str
) -> None:
    made = await new_key(client, me)
    await world.database.execute(
        f"UPDATE catalog.accounts SET {change} WHERE id = $1", world.account_id
    )
    assert (await client.get(KEYS, headers=key(made))).status_code == 401


async def test_key_of_another_account_gets_404(
    replica: Replica, world: World, me: dict[str, str]
) -> None:
    client = await replica()
    made = await new_key(client, me)
    other = World(world.database)
    await other.add_account()
    theirs = bearer(await sign_in(client, other))
    assert (await client.delete(f"{KEYS}/{made['id']}", headers=theirs)).status_code == 404
    assert (await client.get(KEYS, headers=theirs)).json()["items"] == []
    assert (await client.get(KEYS, headers=key(made))).status_code == 200


async def test_last_use_of_a_key_is_listed(client: httpx.AsyncClient, me: dict[str, str]) -> None:
    made = await new_key(client, me)
    await client.get(KEYS, headers=key(made))

    async def last_used() -> tuple[object, object]:
        (listed,) = (await client.get(KEYS, headers=me)).json()["items"]
        return listed["last_used_at"], listed["last_used_from"]

    at, address = await soon(
        last_used, lambda seen: seen[0] is not None, within=5, what="the last use"
    )
    assert str(at).endswith("Z")
    assert address == "192.0.2.1"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "", "permission": "read"}, "name"),
        ({"name": "a\0b", "permission": "read"}, "name"),
        ({"name": "x" * 101, "permission": "read"}, "name"),
        ({"name": "x", "permission": "admin"}, "permission"),
        ({"name": "x", "permission": "read", "expires_at": "2999-01-01T00:00:00"}, "expires_at"),
        ({"name": "x", "permission": "read", "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "x", "permission": "read", "account_id": 1}, "account_id"),
        ({"permission": "read"}, "name"),
    ],
)
async def test_invalid_input_names_its_field(
    client: httpx.AsyncClient, me: dict[str, str], body: dict[str, Any], field: str
) -> None:
    answer = await client.post(KEYS, json=body, headers=me)
    assert answer.status_code == 422
    assert [item["field"] for item in answer.json()["errors"]] == [field]


async def test_keys_are_listed_in_pages_newest_first(
    client: httpx.AsyncClient, me: dict[str, str]
) -> None:
    made = [(await new_key(client, me))["id"] for _ in range(5)]
    seen: list[str] = []
    url: str | None = f"{KEYS}?limit=2"
    while url:
        answer = await client.get(url, headers=me)
        seen += [item["id"] for item in answer.json()["items"]]
        url = answer.links.get("next", {}).get("url")
        assert (url is None) == (answer.json()["next_cursor"] is None)
    assert seen == made[::-1]
    for bad in ("limit=0", "limit=1000000", "cursor=x", "cursor=WyJuYW1lIixbXV0"):
        answer = await client.get(f"{KEYS}?{bad}", headers=me)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == bad.partition("=")[0]


async def test_administrator_lists_and_deletes_keys_of_every_account(
    client: httpx.AsyncClient, world: World, me: dict[str, str]
) -> None:
    made = await new_key(client, me)
    chief = World(world.database)
    await chief.add_account("admin")
    theirs = bearer(await sign_in(client, chief))
    listed = (
        await client.get(KEYS, params={"account": world.name("owner")}, headers=theirs)
    ).json()["items"]
    assert [(item["id"], item["account"]) for item in listed] == [(made["id"], world.name("owner"))]
    refused = await client.get(KEYS, params={"account": chief.name("owner")}, headers=me)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert (await client.delete(f"{KEYS}/{made['id']}", headers=theirs)).status_code == 204
    assert (await client.get(KEYS, headers=key(made))).status_code == 401
