"""What the audit entries of the auth service show."""

import json

import httpx

from tests.integration.auth.conftest import World
from tests.integration.auth.test_access_tokens import new_token, path


async def test_entries_of_keys_and_tokens_show_names_permissions_and_owner(
    client: httpx.AsyncClient, world: World, me: dict[str, str]
) -> None:
    await world.add_user("dev")
    token = await new_token(client, world, me)
    body = {"name": "nightly", "permission": "read", "expires_at": "2030-01-01T00:00:00Z"}
    key = (await client.post("/api/v1/api-keys", json=body, headers=me)).json()
    await client.delete(f"{path(world)}/{token['id']}", headers=me)
    await client.delete(f"/api/v1/api-keys/{key['id']}", headers=me)
    rows = await world.database.fetch(
        "SELECT action, changes, via FROM auth.audit_entries"
        " WHERE account_id = $1 AND owner_id = $1 ORDER BY id",
        world.account_id,
    )
    name, permission = token["name"], token["permission"]
    assert [(row[0], json.loads(row[1])) for row in rows] == [
        ("session.create", {}),
        ("token.create", {"name": [None, name], "permission": [None, permission]}),
        (
            "api_key.create",
            {
                "name": [None, "nightly"],
                "permission": [None, "read"],
                "expires_at": [None, "2030-01-01T00:00:00Z"],
            },
        ),
        ("token.delete", {"name": [name, None]}),
        ("api_key.delete", {"name": ["nightly", None], "permission": ["read", None]}),
    ]
    assert {row[2] for row in rows} == {"session"}
